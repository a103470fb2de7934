"""Base of the screens that lie over others and are dismissed with an answer."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, ScreenResultType


class Dialog(ModalScreen[ScreenResultType]):
    """Dismissed once: a second enter that was on its way would take the screen below too."""

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Go, unless it has gone."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()
