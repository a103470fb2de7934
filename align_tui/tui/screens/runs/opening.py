"""Actions that open something from the list of runs: a run, a comparison, a search of all runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from align_tui.monitor.columns import ColumnKey
from align_tui.monitor.runs import load_study
from align_tui.monitor.search import Page, search_all

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.monitor.rows import RunLine
    from align_tui.monitor.search import FoundIn
    from align_tui.tui.screens.runs.host import RunsHost
    from align_tui.tui.screens.runs.state import RunListState

MAX_COLUMNS = 16


class RunsOpening:
    """Opens other screens from the list of runs."""

    def __init__(self, state: RunListState, host: RunsHost) -> None:
        self.state, self.host = state, host

    def live(self, line: RunLine) -> None:
        """Open the run as it is now; if a worker is deciding it, the screen follows."""
        self._open(line.row.id)

    def replay(self, line: RunLine) -> None:
        """Open the replay of the run, from its start."""
        self._open(line.row.id, replay=True)

    def _open(self, run: str, *, replay: bool = False, place: FoundIn | None = None) -> None:
        """Show the run in place of all open screens."""

        def then(study: Study) -> None:
            where = (place.scenario, place.profile, place.repeat) if place is not None else None
            self.host.open_run(run, study, replay=replay, at=where)

        self.host.say(f"opening {run}", waiting=True)
        self.host.do(lambda db: load_study(db, run), then, holds=True)

    def compare(self, line: RunLine) -> None:
        """Compare the columns of all chosen runs, or of this one."""
        from align_tui.tui.screens.compare.screen import CompareScreen

        lines = {each.row.id: each for each in self.state.lines or ()}
        chosen = [run for run in self.state.chosen if run in lines] or [line.row.id]
        keys = [
            ColumnKey(run, index) for run in chosen for index in range(len(lines[run].profiles))
        ]
        # The user most likely wants to compare the first columns of the first two runs.
        second = len(lines[chosen[0]].profiles) if len(chosen) > 1 else min(1, len(keys) - 1)
        kept = keys[:MAX_COLUMNS]
        second = min(second, len(kept) - 1)
        self.host.open(CompareScreen(self.host.database, kept, 0, second, self.host.glyphs))

    def search(self) -> None:
        """Search the reasoning of all runs, and open the decision that the user chooses."""
        from align_tui.tui.dialogs.search_all_runs import SearchAllRunsDialog

        def go(place: FoundIn | None) -> None:
            if place is not None:
                self._open(place.run, place=place)

        self.host.ask(SearchAllRunsDialog(self._search, self.host.glyphs), go)

    def _search(
        self, query: str, asked: Callable[[], bool], then: Callable[[Page[FoundIn]], None]
    ) -> None:
        self.host.do(lambda db: search_all(db, query) if asked() else Page([], 0), then)
