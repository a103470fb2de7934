"""What the actions of the study screen may ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from align_tui.tui.screens.host import Host

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.exit_message import ExitMessage
    from align_tui.tui.format.layout import Layout
    from align_tui.tui.screens.study.view_state import ViewState


@dataclass(frozen=True, slots=True)
class Successor:
    """A changed study to be shown in place of this one, what is looked at there, what is said.

    With `goes_on` something was queued in its run, and a worker is started for it.
    """

    study: Study
    run: str | None
    state: ViewState
    said: str
    goes_on: bool


class StudyHost(Host, Protocol):
    """The study screen, as far as its actions know it."""

    @property
    def layout(self) -> Layout | None:
        """How the screen is divided; None while it is too small."""

    @property
    def width(self) -> int:
        """Of the screen, in cells."""

    def repaint(self) -> None:
        """Show state and session as they are now."""

    def lay_out(self) -> None:
        """Measure everything again and show it: the state may ask for another layout."""

    def put_away(self) -> None:
        """Take away what a complaint said."""

    def focus_pane(self, index: int) -> None:
        """Give the keyboard's focus to that pane."""

    def scroll_page(self, step: int) -> None:
        """Scroll the focused pane, or the unfolded scenario, down (1) or up (-1) by a page."""

    def scroll_end(self, step: int) -> None:
        """Scroll the focused pane to its end (1) or its top (-1)."""

    def key_table(self) -> Sequence[str]:
        """A line for everything that a key does."""

    def turn_to(self, successor: Successor) -> None:
        """Show that study in place of this one, unless this one was left meanwhile."""

    def leave(self, message: ExitMessage) -> None:
        """End the application."""
