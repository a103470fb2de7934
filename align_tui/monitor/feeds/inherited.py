"""Decisions of a run's ancestors, as cells of its board and texts of its panes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.monitor.snapshot import Cell, Cells

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.monitor.run_state import SampleKey
    from align_tui.store.database import Database
    from align_tui.store.results import Result


class InheritedDecisions:
    """What the shown run inherits; texts are read for the shown scenario only."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.cells: tuple[tuple[SampleKey, Cell], ...] = ()
        self.results: dict[int, Result] = {}  # by sample, of the shown scenario
        self._known: tuple[tuple[str, int], ...] = ()
        self._seen: tuple[str, int] | None = None

    def refresh(self, db: Database, run: str) -> bool:
        """Read what is inherited, if an ancestor was deleted or decided more; was it read?"""
        from align_tui.store.inheritance import fingerprint, inherited

        seen = (run, db.version())
        if seen == self._seen:
            return False
        now = fingerprint(db, run)
        changed = now != self._known
        if changed:
            self.cells = tuple(
                (
                    place,
                    Cell(each.sample, "done", each.choice, each.scores, each.finished, each.run),
                )
                for place, each in inherited(db, run, self.study).items()
            )
        self._seen, self._known = seen, now  # last: what could not be read is read again
        return changed

    def look_at(self, db: Database, row: Cells) -> None:
        """Read the texts of what is inherited on one scenario."""
        from align_tui.store.results import result_of

        samples = {
            cell.sample
            for repeats in row
            for cell in repeats
            if cell is not None and cell.origin is not None
        }
        read = ((sample, result_of(db, sample)) for sample in samples)
        self.results = {sample: result for sample, result in read if result is not None}
