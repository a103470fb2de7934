"""Base of the dialogs."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType


class Dialog(ModalScreen[ScreenResultType]):
    """A modal screen that closes once: a second enter in the queue must not close the next one."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close the dialog with the result, unless it is closed already."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()
