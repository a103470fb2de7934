"""What the actions of the study screen may ask of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from align_tui.tui.screens.host import Host

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.exit_message import ExitMessage
    from align_tui.tui.format.help_layout import Block
    from align_tui.tui.format.layout import Layout
    from align_tui.tui.screens.study.view_state import ViewState

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Successor:
    """A changed study to show in place of this one, with its view state and a notice.

    With `goes_on` its run has queued samples, and the screen starts a worker for them.
    """

    study: Study
    run: str | None
    state: ViewState
    notice: str
    goes_on: bool


class StudyHost(Host, Protocol):
    """The methods of the study screen that its actions may call."""

    @property
    def layout(self) -> Layout | None:
        """How the screen is divided; None while it is too small."""

    @property
    def width(self) -> int:
        """The width of the screen, in cells."""

    def repaint(self) -> None:
        """Paint the state and the session as they are now."""

    def lay_out(self) -> None:
        """Compute the layout again and paint, because the state may need another layout."""

    def put_away(self) -> None:
        """Close the error that `complain` shows."""

    def aside(self, job: Callable[[], T], then: Callable[[T], None], after_s: float) -> None:
        """Call `job` after some seconds in a thread of its own, and `then` in the event loop.

        It is for a job that may take seconds without the store. It ends with the screen.
        """

    def focus_pane(self, index: int) -> None:
        """Give the keyboard's focus to that pane."""

    def scroll_page(self, step: int) -> None:
        """Scroll the focused pane, or the unfolded scenario, down (1) or up (-1) by a page."""

    def scroll_end(self, step: int) -> None:
        """Scroll the focused pane to its end (1) or its top (-1)."""

    def key_table(self) -> Sequence[Block]:
        """The groups of lines of the help, one line for each action that has a key."""

    def turn_to(self, successor: Successor) -> None:
        """Show that study in place of this one, unless the user left this one meanwhile."""

    def leave(self, message: ExitMessage) -> None:
        """End the application and print the message."""
