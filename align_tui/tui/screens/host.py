"""What the actions of any screen may ask of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from textual.screen import ModalScreen, Screen

    from align_tui.monitor.rows import Database
    from align_tui.tui.format.key_names import KeyNames

T = TypeVar("T")


class Host(Protocol):
    """The methods of a screen that its actions may call."""

    @property
    def names(self) -> KeyNames:
        """The names of the screen's keys in the user's keymap."""

    def say(self, text: str, *, waiting: bool = False) -> None:
        """Show a notice for a moment; if `waiting`, until the next notice."""

    def complain(self, message: str, hint: str = "") -> None:
        """Show an error until the user closes it."""

    def ask(self, dialog: ModalScreen[T], then: Callable[[T | None], None]) -> None:
        """Open a dialog, and call `then` with what it returns."""

    def open(self, screen: Screen[None]) -> None:
        """Open another screen over this one."""

    def do(
        self, job: Callable[[Database], T], then: Callable[[T], None], *, holds: bool = False
    ) -> None:
        """Call `job` in the store's thread, and `then` in the event loop with its result.

        With `holds` further keys wait for `then`, because it opens what they are meant for.
        """
