"""The lines that the choices of the shown scenario take, and the rows that the panes can spare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from align_tui.tui.format.panes import PaneView
from align_tui.tui.format.scenario import choice_lines

if TYPE_CHECKING:
    from align_tui.core.scenarios import Scenario
    from align_tui.tui.format.glyphs import Glyphs
    from align_tui.tui.format.layout import Layout

LEAST_WIDTH = 10  # cells


class ChoiceRoom:
    """Gives long choices the rows that are empty in the panes.

    Only finished decisions spare rows: the text of others may still grow. What they spare is found
    once for a scenario on a screen, because a smaller pane has fewer empty rows.
    """

    def __init__(self, scenarios: Sequence[Scenario], glyphs: Glyphs) -> None:
        self.scenarios, self.glyphs = scenarios, glyphs
        self._lines: tuple[tuple[int, int], int] = ((-1, 0), 0)  # of which (scenario, width)
        self._spared: tuple[object, int] = (None, 0)

    def wanted(self, number: int, width: int) -> int:
        """The lines of that scenario's choices in `width` cells, with one line of its text."""
        if not self.scenarios or width < LEAST_WIDTH:
            return 0
        if self._lines[0] != (number, width):
            lines = choice_lines(self.scenarios[number], width, self.glyphs, labels=False)
            self._lines = ((number, width), 1 + len(lines))
        return self._lines[1]

    def spared(self, key: object) -> int:
        """The lines that the panes spare for the scenario, if they have been found for that key."""
        return self._spared[1] if self._spared[0] == key else 0

    def find(self, key: object, number: int, layout: Layout, views: Sequence[PaneView]) -> bool:
        """True if the choices are cut and the panes spare lines, which `spared` then tells."""
        if self._spared[0] == key or not views:
            return False
        lacks = self.wanted(number, layout.main_width - 4) - (layout.scenario_height - 2)
        if lacks <= 0:
            return False
        if any(view.empty is None for view in views):
            return False  # a decision is not finished
        rows = layout.grid.rows * min(view.empty or 0 for view in views)
        self._spared = (key, min(lacks, rows))
        return self._spared[1] > 0
