"""Paints the comparison: columns and table above, rows and two texts below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from align_tui.core.column_names import model_beside
from align_tui.core.text.display import one_line
from align_tui.tui.format import comparison
from align_tui.tui.format.comparison import Digest
from align_tui.tui.format.difference import difference_lines
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.listing import ScenarioList
from align_tui.tui.widgets.panel import ScenarioPanel

if TYPE_CHECKING:
    from align_tui.tui.screens.compare.state import ComparisonState


class ComparisonPresenter:
    """Owns the widgets of the comparison and paints them."""

    def __init__(self, state: ComparisonState, glyphs: Glyphs) -> None:
        self.state, self.glyphs = state, glyphs
        self.title_bar = Lines(classes="title")
        self.columns, self.table = Lines(id="columns"), Lines(id="table")
        self.rows = ScenarioList(id="rows")
        self.rows.add_class("rows")
        self.sides = (ScenarioPanel(id="one"), ScenarioPanel(id="other"))
        for side in self.sides:
            side.add_class("text")

    def paint(self, digest: Digest, width: int, height: int) -> None:
        """Paint everything but the texts, on a screen of that size in cells."""
        state, wide = self.state, width >= comparison.LIST_WIDTH
        a, b = digest.comparison.a, digest.comparison.b
        lines = comparison.column_lines(digest, a, b, width, max(2, height // 5 - 1), self.glyphs)
        self.columns.styles.height = len(lines)
        self.columns.paint(lines)
        title = comparison.title_line(digest, state.discriminating, state.only, width, self.glyphs)
        self.title_bar.paint((title,))
        table = comparison.table_lines(digest, width, self.glyphs)[: 4 if height >= 20 else 2]
        self.table.styles.height = len(table)
        self.table.paint(table)
        self.rows.styles.height = "100%" if wide else max(4, (height - len(lines) - 6) // 2)
        rows = comparison.rows_width(width)
        self.rows.styles.width = rows if wide else "100%"
        self._paint_rows(digest, rows - 2)

    def _paint_rows(self, digest: Digest, width: int) -> None:
        def make(place: int) -> Line:
            current = place == self.state.row
            return comparison.row_line(
                digest.shown[place], digest, current=current, width=width, glyphs=self.glyphs
            )

        header = comparison.row_header(digest, width, self.glyphs)
        self.rows.border_title = Content("rows that differ" if self.state.only else "rows")
        why = "none: they chose the same" if self.state.only else "no scenario is in all columns"
        self.rows.empty = (((f" {why}", "quiet"),),)
        self.rows.fill(range(len(digest.shown)), self.state.row, header, make)

    def paint_texts(self, digest: Digest, screen: int) -> None:
        """Paint the reasoning of both columns in the current row, with the differences marked.

        The width of the texts follows from that of the `screen`, since the widgets of a resized
        screen have their old sizes until the next layout.
        """
        row = self.state.current
        width = comparison.side_width(screen)
        pair = difference_lines(self.state.texts, (width, width), self.glyphs)
        compared = (digest.comparison.a, digest.comparison.b)
        for side, index, lines in zip(self.sides, compared, pair, strict=True):
            column = digest.paired.columns[index]
            model = one_line(model_beside(column.name, column.model))
            below: Line = ((model, "quiet"),) if model else ()
            head: tuple[Line, ...] = ()
            if row is not None:
                head = (comparison.chosen_line(row, index, digest, width, self.glyphs), ())
            title = ((f"{index + 1} ", "key"), (one_line(column.name), "title"))
            side.show((*head, *lines), title, below, self.state.row)
