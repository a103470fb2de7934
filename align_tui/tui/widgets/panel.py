"""The scenario's panel: folded it is painted, unfolded it scrolls."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from align_tui.tui.view.spans import Line
from align_tui.tui.widgets.lines import Lines


class ScenarioPanel(VerticalScroll, can_focus=False):
    """A scenario with its choices."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines = Lines()
        self._height = 1
        self._scenario = -1
        self._titles: tuple[Content, Content] | None = None

    def compose(self) -> ComposeResult:
        """One block of lines."""
        yield self._lines

    def show(self, lines: Sequence[Line], title: Content, subtitle: Content, scenario: int) -> None:
        """Show these lines; another scenario begins at its top."""
        if self._titles != (title, subtitle):
            self._titles = (title, subtitle)
            self.border_title, self.border_subtitle = title, subtitle
        if len(lines) != self._height:
            self._height = len(lines)
            self._lines.styles.height = max(1, len(lines))
        self._lines.paint(lines)
        if scenario != self._scenario:
            self._scenario = scenario
            self.scroll_to(y=0, animate=False)
