"""Text that grows: wrapped once, appended to without a layout, scrolled by the user."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from align_tui.tui.view.wrapping import Row, extend, wrap


class Prose(ScrollView, can_focus=False):
    """Plain text in rows. It follows the end as long as the user is at the end."""

    DEFAULT_CSS = """
    Prose {
        overflow-x: hidden; overflow-y: auto; scrollbar-gutter: stable;
        scrollbar-size-vertical: 1; height: 1fr;
    }
    """

    def __init__(
        self, text: str = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.text = text
        self.cursor = ""
        self._key: object = None
        self._rows: list[Row] = []
        self._width = 0

    def show(self, text: str, key: object, cursor: str = "") -> None:
        """Show `text`; while `key` stays the same it is taken as the same text grown longer."""
        if key == self._key and text == self.text and cursor == self.cursor:
            return
        same, at_end = key == self._key, self._at_end()
        grown = same and text.startswith(self.text)
        self._key, self.text = key, text
        if not self._width:
            self.cursor = cursor
            return  # wrapped as soon as the size is known
        first = len(self._rows) - 1 if cursor != self.cursor else len(self._rows)
        self.cursor = cursor
        if grown and self._rows:
            first = min(first, extend(self._rows, text, self._width))
        else:
            self._rows = wrap(text, self._width)
            first = 0
        self._resize(first)
        if cursor and (at_end or not same):
            self.scroll_end(animate=False, force=True, immediate=True, x_axis=False)
        elif not same:
            self.scroll_to(y=0, animate=False, force=True)

    def _at_end(self) -> bool:
        return self.scroll_offset.y >= self.max_scroll_y

    def _resize(self, first: int) -> None:
        # A change of the virtual size lays the whole screen out again: what fits never changes it.
        size = Size(self._width, max(len(self._rows), self.scrollable_content_region.height))
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh_lines(max(0, first), len(self._rows) - max(0, first) + 1)

    def on_resize(self, event: events.Resize) -> None:
        """Wrap to the new width; whoever was at the end stays there."""
        width = self.scrollable_content_region.width
        if width <= 0:
            return
        if width == self._width:
            self._resize(0)
            return
        at_end = self._at_end() and bool(self._rows)
        self._width = width
        self._rows = wrap(self.text, width)
        self._resize(0)
        self.refresh()
        if at_end and self.cursor:
            self.scroll_end(animate=False, force=True, immediate=True, x_axis=False)

    def render_line(self, y: int) -> Strip:
        """One row, cut to the width."""
        style = self.rich_style
        number = self.scroll_offset.y + y
        if number >= len(self._rows):
            return Strip.blank(self.size.width, style)
        text = self._rows[number][1]
        if self.cursor and number == len(self._rows) - 1 and cell_len(text) < self._width:
            text += self.cursor
        return Strip([Segment(text, style)]).adjust_cell_length(self.size.width, style)
