"""Inherited decisions as cells of a run, with the texts for its panes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.monitor.snapshot import Cell, Cells

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.monitor.run_state import SampleKey
    from align_tui.store.database import Database
    from align_tui.store.results import Result


class InheritedDecisions:
    """The decisions that the shown run inherits, with texts for the shown scenario only."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.cells: tuple[tuple[SampleKey, Cell], ...] = ()
        self.results: dict[int, Result] = {}  # by sample, on the shown scenario
        self._known: tuple[tuple[str, int], ...] = ()
        self._seen: tuple[str, int] | None = None

    def refresh(self, db: Database, run: str) -> bool:
        """Read the inherited decisions again if an ancestor changed; True if it did."""
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
                    Cell(
                        each.sample,
                        "done",
                        each.choice,
                        each.scores,
                        each.finished,
                        each.run,
                        each.margin,
                    ),
                )
                for place, each in inherited(db, run, self.study).items()
            )
        self._seen, self._known = seen, now  # last, so that a failed read is repeated
        return changed

    def look_at(self, db: Database, row: Cells) -> None:
        """Read the texts of the inherited decisions on one scenario."""
        from align_tui.store.results import result_of

        samples = {
            cell.sample
            for repeats in row
            for cell in repeats
            if cell is not None and cell.origin is not None
        }
        read = ((sample, result_of(db, sample)) for sample in samples)
        self.results = {sample: result for sample, result in read if result is not None}
