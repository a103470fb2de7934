"""A panel of lines that scrolls, for the scenario and for details."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from align_tui.tui.format.styled_text import Line
from align_tui.tui.widgets.edged import Edged
from align_tui.tui.widgets.lines import Lines


class ScenarioPanel(Edged, VerticalScroll, can_focus=False):
    """Shows a scenario with its choices."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines = Lines()
        self._height = 1
        self._scenario = -1

    def compose(self) -> ComposeResult:
        """One block of lines."""
        yield self._lines

    def show(
        self,
        lines: Sequence[Line],
        title: Line,
        subtitle: Line,
        scenario: int,
        room: int = 0,
    ) -> None:
        """Show these lines; another scenario is shown from its top.

        The lines take at least `room` rows, so that a shorter scenario needs no new layout.
        """
        self.entitle(title, subtitle)
        height = max(1, room, len(lines))
        if height != self._height:
            self._height = height
            self._lines.styles.height = height
        self._lines.paint(lines)
        if scenario != self._scenario:
            self._scenario = scenario
            if self.scroll_offset.y:
                self.scroll_to(y=0, animate=False)
