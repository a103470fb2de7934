"""What actions may ask of the screen that they belong to, whichever screen that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from textual.screen import ModalScreen, Screen

    from align_tui.monitor.rows import Database
    from align_tui.tui.format.key_names import KeyNames

T = TypeVar("T")


class Host(Protocol):
    """A screen, as far as its actions know it."""

    @property
    def names(self) -> KeyNames:
        """The names of the screen's keys, as the user has them."""

    def say(self, text: str, *, waiting: bool = False) -> None:
        """Show a line for a moment; while `waiting`, until another line takes its place."""

    def complain(self, message: str, hint: str = "") -> None:
        """Show what went wrong until the user puts it away."""

    def ask(self, dialog: ModalScreen[T], then: Callable[[T | None], None]) -> None:
        """Open a dialog, and call `then` with what it returns."""

    def open(self, screen: Screen[None]) -> None:
        """Open another screen over this one."""

    def do(self, job: Callable[[Database], T], then: Callable[[T], None]) -> None:
        """Have `job` done in the thread for the store, and `then` called with its result."""
