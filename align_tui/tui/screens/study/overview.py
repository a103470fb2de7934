"""Paints the overview below the panes: its views and their titles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.monitor.snapshot import Snapshot
from align_tui.tui.format import overview
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.overview import Part
from align_tui.tui.screens.study.overview_parts import ACCURACY, WORKERS, OverviewParts, Targets
from align_tui.tui.screens.study.view_state import ViewState

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.screens.study.widgets import StudyWidgets


class OverviewPresenter:
    """Chooses the views, measures them, and puts on the block what changed."""

    def __init__(self, widgets: StudyWidgets, study: Study, glyphs: Glyphs) -> None:
        self.widgets, self.glyphs = widgets, glyphs
        self.parts = OverviewParts(widgets, study, glyphs)
        self._made: dict[int, tuple[object, Part]] = {}  # by view: made from what, and what
        self._shown: tuple[list[Part], object] = ([], None)  # what the block shows, and where

    def views(self, look: ViewState, width: int, height: int) -> list[int]:
        """The chosen view, and the next ones where there is room beside it."""
        count = overview.beside(width, height)
        return [(look.view + i) % len(overview.VIEWS) for i in range(count)]

    def lines_wanted(self, snapshot: Snapshot, look: ViewState, width: int, height: int) -> int:
        """How many lines the views would like."""
        shown = self.views(look, width, height)
        sizes = overview.widths(width, len(shown))
        return max(
            self.parts.wanted(view, snapshot, size, height)
            for view, size in zip(shown, sizes, strict=True)
        )

    def paint(
        self,
        snapshot: Snapshot,
        look: ViewState,
        targets: Targets,
        size: tuple[int, int],
        rows: int,
    ) -> None:
        """Put the views on the block, which has `rows` lines on a screen of that size."""
        width, height = size
        shown = self.views(look, width, height)
        low = height < overview.TITLED
        margin = overview.MARGIN if low and not self._whole(snapshot, look, size, rows) else 0
        sizes = overview.widths(width - margin, len(shown))
        parts = [
            self._known(view, snapshot, look, targets, each, rows)
            for view, each in zip(shown, sizes, strict=True)
        ]
        block, glyphs, place = self.widgets.tallies, self.glyphs, (shown, size, rows)
        before, there = self._shown
        if there == place and all(a is b for a, b in zip(before, parts, strict=True)):
            return
        self._shown = (parts, place)
        if margin:
            block.paint(overview.with_margin(shown[0], parts[0], width, rows, glyphs))
            return
        key = self.widgets.names.label(glyphs, "study.next_view")
        found = [
            overview.title(view, part, key if i == 0 else "", sizes[i] - 4, glyphs)
            for i, (view, part) in enumerate(zip(shown, parts, strict=True))
        ]
        block.entitle(overview.titles(found, sizes, glyphs))
        block.paint(overview.join(parts, sizes, rows, glyphs))

    def _whole(self, snapshot: Snapshot, look: ViewState, size: tuple[int, int], rows: int) -> bool:
        """Is it the first view and all there? Then it says enough without a title."""
        return look.view == ACCURACY and self.parts.wanted(ACCURACY, snapshot, *size) <= rows

    def _known(
        self,
        view: int,
        snapshot: Snapshot,
        look: ViewState,
        targets: Targets,
        width: int,
        rows: int,
    ) -> Part:
        """The view as it was made last, while nothing that it shows has changed."""
        chosen = (look.focus, look.discriminating, look.compare, targets, width, rows)
        told: object = (snapshot.overview, snapshot.tallies)
        if view == WORKERS:
            told = (snapshot.workers, snapshot.lost, snapshot.queue, snapshot.counts)
            told = (told, snapshot.left_s, snapshot.transport is None)
        known = self._made.get(view)
        if known is None or known[0] != (told, chosen):
            made = self.parts.part(view, snapshot, look, targets, width, rows)
            known = self._made[view] = ((told, chosen), made)
        return known[1]
