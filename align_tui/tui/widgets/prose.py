"""A widget for a text that grows: it wraps only new text, and needs no layout for it."""

from __future__ import annotations

import sys
from collections.abc import Callable

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from align_tui.tui.format.bars import thumb
from align_tui.tui.format.styled_text import Line
from align_tui.tui.format.wrapping import WrappedRow, extend, wrap
from align_tui.tui.theme import rich_style
from align_tui.tui.widgets.lines import line_strip

ALL = range(sys.maxsize)
THUMB = 1  # columns at the right that show the position in a long text


class Prose(ScrollView, can_focus=False):
    """Shows plain text, and follows its end as long as the user has scrolled to the end.

    A foot of styled lines stays in sight: below the text, or at the bottom when the text is longer
    than its room. It is painted here and is no widget, so that it moves without a new layout.

    It draws its own scroll thumb, because every change of Textual's scrollbar widget lays the whole
    screen out again.
    """

    DEFAULT_CSS = """
    Prose {
        overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 0; height: 1fr;
    }
    """

    def __init__(
        self, text: str = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.text = text
        self.style_of: Callable[[str], str] | None = None  # the style of a row that has its own
        self.cursor = ""
        self._style = ""
        self._loud = ALL
        self._key: object = None
        self._rows: list[WrappedRow] = []
        self._width = 0
        self._base: Style | None = None
        self._thumb = range(0)
        self._foot: tuple[Line, ...] = ()
        self._low = False  # the foot stays at the bottom
        self._foot_y = sys.maxsize  # `_foot_at` as last measured: every painted line asks for it

    def set_foot(self, lines: tuple[Line, ...], *, low: bool) -> None:
        """Set the foot, and whether it stays at the bottom while the text is short."""
        if (lines, low) == (self._foot, self._low):
            return
        before, at_end = self._foot_at(), self._at_end()
        old, self._foot, self._low = self._foot, lines, low
        if not self._width:
            return
        self._measure()
        self._turn(self.max_scroll_y if at_end and self.cursor else self.scroll_offset.y)
        at = self._foot_at()
        if at != before or len(old) != len(lines):
            self.refresh()
            return
        width = self.size.width
        pairs = enumerate(zip(old, lines, strict=True))
        self.refresh(*(Region(0, at + y, width, 1) for y, (a, b) in pairs if a != b))

    @property
    def room(self) -> int:
        """The lines of the text that are in sight."""
        return max(0, self.size.height - len(self._foot))

    def _foot_at(self) -> int:
        """The line at which the foot begins: one below a text that leaves room for it."""
        if not self._foot:
            return self.size.height
        return self.room if self._low else min(self.room, len(self._rows) + 1)

    def show(
        self, text: str, key: object, cursor: str = "", style: str = "", loud: range = ALL
    ) -> None:
        """Show `text`; while `key` stays the same it is the same text grown longer.

        Rows that begin outside the characters `loud` are painted in a quieter style.
        """
        new = (key, text, cursor, style, loud)
        if new == (self._key, self.text, self.cursor, self._style, self._loud):
            return
        same, at_end = (key, style) == (self._key, self._style), self._at_end()
        grown = same and text.startswith(self.text) and self._as_loud(loud)
        before, foot_at = len(self._rows), self._foot_at()
        first = before - 1 if cursor != self.cursor else before
        self._key, self.text, self.cursor, self._style, self._loud = new
        if not self._width:
            return  # wrapped as soon as the size is known
        if grown and self._rows:
            first = min(first, extend(self._rows, text, self._width))
        else:
            self._rows, first = wrap(text, self._width), 0
        self._measure()
        if cursor and (at_end or not same):
            self._turn(self.max_scroll_y)
        else:
            self._turn(self.scroll_offset.y if same else 0)
        if self._foot_at() != foot_at:
            self.refresh()
        else:
            self._repaint(first, max(before, len(self._rows)))

    def _as_loud(self, loud: range) -> bool:
        """True if the text shown now would look the same with this `loud`."""
        length = len(self.text)
        return all(
            min(one, length) == min(other, length)
            for one, other in ((loud.start, self._loud.start), (loud.stop, self._loud.stop))
        )

    def _at_end(self) -> bool:
        return self.scroll_offset.y >= self.max_scroll_y

    def _measure(self) -> None:
        """Set the length of the text without the layout that Textual would do for it."""
        size = Size(self._width, max(len(self._rows) + len(self._foot), self.size.height))
        self.set_reactive(ScrollView.virtual_size, size)
        self._foot_y = self._foot_at()

    def _turn(self, y: int) -> None:
        y = min(y, self.max_scroll_y)
        if y != self.scroll_offset.y:
            self.set_scroll(None, y)  # without the events of `scroll_to`
            self._repaint(0, len(self._rows))

    def _repaint(self, first: int, last: int) -> None:
        """Refresh the rows from `first` to before `last`, as far as they are in the window."""
        top, width, height = self.scroll_offset.y, self.size.width, self.room
        start, end = max(0, first - top), min(height, last - top)
        if start < end:
            self.refresh(Region(0, start, width, end - start))
        now = self._find_thumb()
        if now != self._thumb:
            self._thumb = now
            self.refresh(Region(width - THUMB, 0, THUMB, height))

    def _find_thumb(self) -> range:
        """The lines that show the thumb.

        While the end is followed only the last line shows it, since every line of the thumb costs
        two changes of colour in every frame.
        """
        lines = thumb(self.scroll_offset.y, self.room, len(self._rows))
        return lines[-1:] if self.cursor and self._at_end() else lines

    def turn_page(self, step: int) -> None:
        """Scroll down (1) or up (-1) by the lines of text that are in sight."""
        self.scroll_relative(y=step * max(1, self.room), animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Paint again after the text was scrolled."""
        if round(old_value) != round(new_value):
            self._repaint(0, len(self._rows))

    def notify_style_update(self) -> None:
        """Forget the base style after the theme or a class has changed."""
        self._base = None
        super().notify_style_update()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap to the new width; a text that was scrolled to its end stays there."""
        width = self.size.width - THUMB
        if width <= 0:
            return
        at_end = self._at_end() and bool(self._rows)
        if width != self._width:
            self._width = width
            self._rows = wrap(self.text, width)
        self._measure()
        self._turn(self.max_scroll_y if at_end and self.cursor else self.scroll_offset.y)
        self._thumb = self._find_thumb()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row, cut to the width, with the thumb."""
        if self._base is None:
            self._base = self.rich_style
        style = self._base + rich_style(self._style)
        width = self.size.width
        foot = y - self._foot_y
        if foot >= 0:
            line = self._foot[foot] if foot < len(self._foot) else ()
            return line_strip(line, width, self._base)
        number = self.scroll_offset.y + y
        if number >= len(self._rows):
            return Strip.blank(width, style)
        start, text = self._rows[number]
        if start not in self._loud:
            style = self._base + rich_style("quiet")
        if self.style_of is not None and (own := self.style_of(text)):
            style = self._base + rich_style(own)
        if self.cursor and number == len(self._rows) - 1 and cell_len(text) < self._width:
            text += self.cursor
        if y not in self._thumb:
            return Strip([_padded(text, width, style)], width)
        row = _padded(text, width - THUMB, style)
        return Strip([row, Segment(" " * THUMB, style + rich_style("thumb"))], width)


def _padded(text: str, width: int, style: Style) -> Segment:
    # One segment instead of two, since each is sent with its style.
    return Segment(set_cell_size(text, width), style)
