"""A widget that paints lines of styled text."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from align_tui.tui.format.styled_text import Line
from align_tui.tui.theme import rich_style
from align_tui.tui.widgets.edged import Edged


class Lines(Edged):
    """Paints lines that fit its width, without wrapping them.

    It paints line by line, so that lines that did not change are not sent again.
    """

    DEFAULT_CSS = "Lines { height: 1; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.lines: tuple[Line, ...] = ()
        self._base: Style | None = None

    def paint(self, lines: Sequence[Line]) -> None:
        """Show these lines; showing the same again costs nothing."""
        old, made = self.lines, tuple(lines)
        if made == old:
            return
        self.lines = made
        both = min(len(old), len(made))
        changed = [y for y in range(both) if old[y] != made[y]]
        changed += range(both, max(len(old), len(made)))
        width = self.size.width
        self.refresh(*(Region(0, y, width, 1) for y in changed))

    def notify_style_update(self) -> None:
        """Forget the base style after the theme or a class has changed."""
        self._base = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """One line, filled or cut to the width."""
        base = self._base
        if base is None:
            base = self._base = self.rich_style
        return line_strip(self.lines[y] if y < len(self.lines) else (), self.size.width, base)


def line_strip(line: Line, width: int, base: Style) -> Strip:
    """The line as Textual paints it, filled or cut to the width."""
    if not line:
        return Strip.blank(width, base)
    joined: list[tuple[str, str]] = []
    for text, style in line:
        if joined and joined[-1][1] == style:
            joined[-1] = (joined[-1][0] + text, style)
        elif text:
            joined.append((text, style))
    segments = [Segment(text, base + rich_style(style)) for text, style in joined]
    return Strip(segments).adjust_cell_length(width, base)
