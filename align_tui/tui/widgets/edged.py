"""A widget whose border has titles that change often."""

from __future__ import annotations

from typing import Self

from textual.geometry import Region
from textual.widget import Widget

from align_tui.tui.format.styled_text import Line
from align_tui.tui.theme import content


class Edged(Widget):
    """Paints only an edge again when its title changes, where Textual paints the whole widget."""

    _titles: tuple[Line | None, Line | None] = (None, None)
    _edge: Region | None = None

    def entitle(self, title: Line, subtitle: Line = ()) -> None:
        """Show these titles in the border; showing the same again costs nothing."""
        before, self._titles = self._titles, (title, subtitle)
        width, height = self.outer_size
        x, y = self.content_offset
        if title != before[0]:
            self._edge = Region(-x, -y, width, 1)
            self.border_title = content(title)
        if subtitle != before[1]:
            self._edge = Region(-x, height - 1 - y, width, 1)
            self.border_subtitle = content(subtitle)
        self._edge = None

    def recolour(self) -> None:
        """Paint everything again after the colours of the styles have changed."""
        title, subtitle = self._titles
        if title is not None:
            self.border_title = content(title)
        if subtitle is not None:
            self.border_subtitle = content(subtitle)
        self.refresh()

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Refresh the widget, or only the edge whose title `entitle` sets."""
        if self._edge is not None and not regions:
            regions = (self._edge,)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)
