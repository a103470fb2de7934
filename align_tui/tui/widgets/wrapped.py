"""Lines that are made for a width: the widget is as high as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.geometry import Size

from align_tui.tui.format.styled_text import Line
from align_tui.tui.widgets.lines import Lines


class Wrapped(Lines):
    """Paints what `make` returns for its width, in cells."""

    DEFAULT_CSS = "Wrapped { height: auto; }"

    def __init__(self, make: Callable[[int], Sequence[Line]], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._make = make

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines."""
        return max(1, len(self._make(width)))

    def on_resize(self) -> None:
        """Paint the lines for the new width."""
        self.paint(self._make(self.size.width))

    def renew(self) -> None:
        """Make the lines again, after what they show has changed."""
        made = self._make(self.size.width)
        if len(made) != len(self.lines):
            self.refresh(layout=True)
        self.paint(made)
