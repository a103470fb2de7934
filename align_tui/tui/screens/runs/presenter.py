"""Paints the list of runs: the title, one line for each run, and one run in detail."""

from __future__ import annotations

import time

from align_tui.core.text.display import one_line
from align_tui.tui.format import run_list
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.key_names import KeyNames
from align_tui.tui.format.styled_text import Line
from align_tui.tui.screens.runs.state import RunListState
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.listing import ScenarioList
from align_tui.tui.widgets.panel import ScenarioPanel


class RunListPresenter:
    """Owns the widgets of the list and paints them."""

    def __init__(self, state: RunListState, glyphs: Glyphs) -> None:
        self.state, self.glyphs = state, glyphs
        self.title_bar = Lines(classes="title")
        self.list = ScenarioList(id="runs")
        self.list.add_class("rows")
        self.panel = ScenarioPanel(id="detail")
        self.panel.add_class("text")

    def paint(self, width: int, height: int, names: KeyNames, begin: str) -> None:
        """Paint everything, on a screen of that size in cells.

        `names` are the keys of this screen. `begin` are the keys of the study screen that start a
        run.
        """
        state, wide = self.state, width >= run_list.SIDE_WIDTH
        size = width * 3 // 5 if wide else width
        self.list.styles.width = size
        self.list.styles.height = "100%" if wide else max(4, (height - 2) // 2)
        counts = len(state.shown), len(state.lines or ())
        title = run_list.title_line(*counts, state.query, state.trash, width, self.glyphs, names)
        self.title_bar.paint((title,))
        self._paint_list(size - 2, self._nothing(begin))
        self._paint_detail()

    def _paint_list(self, width: int, nothing: str) -> None:
        now, at, chosen = time.time(), self.state.place, self.state.chosen
        depths = run_list.depths(self.state.shown)
        names = tuple(dict.fromkeys(one_line(each.row.name, 200) for each in self.state.shown))
        shown = self.state.shown  # kept for `make`, which may be called after the list has changed

        def make(number: int) -> Line:
            line = shown[number]
            return run_list.run_line(
                line,
                current=number == at,
                chosen=line.row.id in chosen,
                width=width,
                now=now,
                glyphs=self.glyphs,
                depth=depths[number],
                among=names,
            )

        self.list.empty = (((f" {nothing}", "quiet"),),)
        self.list.fill(range(len(shown)), at, run_list.run_header(width), make)

    def _nothing(self, begin: str) -> str:
        """The text in place of an empty list."""
        if self.state.trash:
            return "the trash is empty"
        if self.state.lines:
            return "no run matches the filter"
        text = "no run here yet"
        return f"{text}: press {begin} on the study screen to start one" if begin else text

    def _paint_detail(self) -> None:
        state, line = self.state, self.state.current
        width = max(10, self.panel.size.width - 5)
        lines = run_list.detail_lines(line, state.detail, width, self.glyphs) if line else ()
        self.panel.show(lines, (), (), state.place)
