"""Paints the comparison: columns and table above, rows and two texts below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from align_tui.core.column_names import model_beside
from align_tui.core.text.display import one_line
from align_tui.tui.format import compared_rows, comparison
from align_tui.tui.format.comparison import Digest
from align_tui.tui.format.difference import difference_lines
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.scenario import lines_wanted, scenario_lines, scenario_title
from align_tui.tui.format.styled_text import Line, fit_name
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.listing import ScenarioList
from align_tui.tui.widgets.panel import ScenarioPanel

if TYPE_CHECKING:
    from align_tui.tui.screens.compare.state import ComparisonState


LEAST_HEIGHT = 26  # lines below the numbers from which a wide screen shows the row's scenario too
LEAST_TEXTS = 16  # lines that the two texts keep beside it, with their borders


class ComparisonPresenter:
    """Owns the widgets of the comparison and paints them."""

    def __init__(self, state: ComparisonState, glyphs: Glyphs) -> None:
        self.state, self.glyphs = state, glyphs
        self.title_bar = Lines(classes="title")
        self.columns, self.table = Lines(id="columns"), Lines(id="table")
        self.rows = ScenarioList(id="rows")
        self.rows.add_class("rows")
        self.sides = (ScenarioPanel(id="one"), ScenarioPanel(id="other"))
        self.scenario = ScenarioPanel(id="scenario")
        for panel in (*self.sides, self.scenario):
            panel.add_class("text")
        self._wanted: tuple[object, int] = (None, 0)

    def paint(self, digest: Digest, width: int, height: int) -> None:
        """Paint everything but the texts, on a screen of that size in cells."""
        state, wide = self.state, width >= comparison.LIST_WIDTH
        a, b = digest.comparison.a, digest.comparison.b
        count, most = len(digest.paired.columns), max(2, height // 5 - 1)
        most += count == most + 1  # rather than say that one more has no room
        lines = comparison.column_lines(digest, a, b, width, most, self.glyphs)
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
        self._paint_scenario(digest, width - rows, height - len(lines) - len(table) - 2, wide)

    def _paint_rows(self, digest: Digest, width: int) -> None:
        def make(place: int) -> Line:
            current = place == self.state.row
            return compared_rows.row_line(
                digest.shown[place], digest, current=current, width=width, glyphs=self.glyphs
            )

        header = compared_rows.row_header(digest, width, self.glyphs)
        self.rows.border_title = Content("rows that differ" if self.state.only else "rows")
        why = "none: they chose the same" if self.state.only else "no scenario is in all columns"
        self.rows.empty = (((f" {why}", "quiet"),),)
        self.rows.fill(range(len(digest.shown)), self.state.row, header, make)

    def _paint_scenario(self, digest: Digest, width: int, height: int, wide: bool) -> None:
        """Paint the row's scenario above the texts if `height` lines have room for all three."""
        row, inner = self.state.current, width - 4
        shown = wide and height >= LEAST_HEIGHT and row is not None
        if self.scenario.display != shown:
            self.scenario.display = shown
        if row is None or not shown:
            return
        if self._wanted[0] != (digest.paired, inner):
            scenarios = [each.scenario for each in digest.paired.rows]
            self._wanted = ((digest.paired, inner), lines_wanted(scenarios, inner).whole)
        room = min(self._wanted[1], height - LEAST_TEXTS - 2)
        self.scenario.styles.height = room + 2
        lines, _ = scenario_lines(row.scenario, inner, room, self.glyphs, unfolded=False)
        number, of = digest.shown[self.state.row], len(digest.paired.rows)
        title = scenario_title(row.scenario, number, of, inner, self.glyphs)
        self.scenario.show(lines, title, (), number, room)

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
                head = (compared_rows.chosen_line(row, index, digest, width, self.glyphs), ())
            names = [one_line(digest.paired.columns[each].name) for each in compared]
            name = fit_name(one_line(column.name), "", width - 4, self.glyphs.more, names)
            title = ((f"{index + 1} ", "key"), (name, "title"))
            side.show((*head, *lines), title, below, self.state.row)
