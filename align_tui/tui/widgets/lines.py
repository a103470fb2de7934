"""A widget that paints lines of spans, as many as it has room for."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widgets import Static

from align_tui.tui.theme import contents
from align_tui.tui.view.spans import Line


class Lines(Static):
    """Lines that were already made to measure: nothing is wrapped, nothing is laid out anew."""

    DEFAULT_CSS = """
    Lines { text-wrap: nowrap; text-overflow: ellipsis; height: 1; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__("", markup=False, id=id, classes=classes)
        self.lines: tuple[Line, ...] = ()

    def paint(self, lines: Sequence[Line]) -> None:
        """Show these lines; painting the same again costs nothing."""
        made = tuple(lines)
        if made != self.lines:
            self.lines = made
            self.update(contents(made), layout=False)
