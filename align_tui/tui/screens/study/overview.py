"""Paints the overview below the panes: its views and their titles."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from align_tui.config.failure_log import keep_error, screen_log
from align_tui.monitor.snapshot import Snapshot
from align_tui.tui.format import overview
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.overview import Part, Placed
from align_tui.tui.screens.study.view_state import ViewState
from align_tui.tui.screens.study.views.base import OverviewView, Targets, ViewData
from align_tui.tui.screens.study.views.registry import VIEWS, Views

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.screens.study.widgets import StudyWidgets

T = TypeVar("T")


class OverviewPresenter:
    """Chooses the views, measures them, and puts on the block what changed."""

    def __init__(self, widgets: StudyWidgets, study: Study, glyphs: Glyphs, views: Views) -> None:
        self.widgets, self.study, self.glyphs, self.views = widgets, study, glyphs, views
        self._made: dict[str, tuple[object, Part]] = {}  # by view: made from what, and what
        self._lines: dict[tuple[str, int, int], int] = {}  # of views that do not grow
        self._shown: tuple[list[Part], object] = ([], None)  # what the block shows, and where
        self._failed: set[str] = set()  # views of other packages

    def _data(self, snapshot: Snapshot, look: ViewState, targets: Targets) -> ViewData:
        return ViewData(
            self.study,
            self.glyphs,
            self.widgets.names,
            snapshot,
            look.focus,
            look.discriminating,
            look.compare,
            targets,
        )

    def _chosen(self, look: ViewState, width: int, height: int) -> list[tuple[int, OverviewView]]:
        """The chosen view with its number, and the next ones where there is room beside it."""
        views = self.views.all
        numbers = [(look.view + i) % len(views) for i in range(overview.beside(width, height))]
        return [(number, views[number]) for number in numbers]

    def lines_wanted(self, snapshot: Snapshot, look: ViewState, width: int, height: int) -> int:
        """How many lines the views would like."""
        chosen = self._chosen(look, width, height)
        sizes = overview.widths(width, len(chosen))
        return max(
            self._wanted(view, snapshot, look, size, height)
            for (_, view), size in zip(chosen, sizes, strict=True)
        )

    def _wanted(
        self, view: OverviewView, snapshot: Snapshot, look: ViewState, width: int, height: int
    ) -> int:
        key = (view.name, width, height)
        known = None if view.grows else self._lines.get(key)
        if known is None:
            nothing_marked = (None,) * len(self.study.profiles)
            data = self._data(snapshot, look, nothing_marked)
            known = self._guarded(view, lambda: view.lines_wanted(data, width, height), 1)
            if not view.grows:
                self._lines[key] = known
        return known

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
        chosen = self._chosen(look, width, height)
        low = height < overview.TITLED
        whole = chosen[0][0] == 0 and self._wanted(chosen[0][1], snapshot, look, *size) <= rows
        # The first view, all of it there, says enough without a title.
        margin = overview.MARGIN if low and not whole else 0
        sizes = overview.widths(width - margin, len(chosen))
        data = self._data(snapshot, look, targets)
        parts = [
            self._known(view, data, each, rows)
            for (_, view), each in zip(chosen, sizes, strict=True)
        ]
        numbers = [number for number, _ in chosen]
        block, glyphs, place = self.widgets.tallies, self.glyphs, (numbers, size, rows)
        before, there = self._shown
        if there == place and all(a is b for a, b in zip(before, parts, strict=True)):
            return
        self._shown = (parts, place)
        count = len(self.views.all)
        placed = [Placed(view.name, number, count) for number, view in chosen]
        if margin:
            block.paint(overview.with_margin(placed[0], parts[0], width, rows, glyphs))
            return
        key = self.widgets.names.label(glyphs, "study.next_view")
        titles = [
            overview.title(at, part, key if i == 0 else "", sizes[i] - 4, glyphs)
            for i, (at, part) in enumerate(zip(placed, parts, strict=True))
        ]
        block.entitle(overview.titles(titles, sizes, glyphs))
        block.paint(overview.join(parts, sizes, rows, glyphs))

    def _known(self, view: OverviewView, data: ViewData, width: int, rows: int) -> Part:
        """The view as it was made last, while nothing that it shows has changed."""
        chosen = (data.focus, data.discriminating, data.compare, data.targets, width, rows)
        key = (view.shows(data.snapshot), chosen)
        known = self._made.get(view.name)
        if known is None or known[0] != key:
            failed = f"The view {view.name} failed: its traceback is in {screen_log()}"
            instead = overview.message_part(failed, width, self.glyphs)
            part = self._guarded(view, lambda: view.part(data, width, rows), instead)
            known = self._made[view.name] = (key, part)
        return known[1]

    def _guarded(self, view: OverviewView, make: Callable[[], T], instead: T) -> T:
        """What a view makes; another package's that fails once is asked no more."""
        if view.name in VIEWS.entries:
            return make()
        if view.name not in self._failed:
            try:
                return make()
            except Exception as error:
                self._failed.add(view.name)
                keep_error(screen_log(), error)
        return instead
