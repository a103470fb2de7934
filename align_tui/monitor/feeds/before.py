"""The parent run's decisions in the places that a what-if changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from align_tui.core.errors import AlignError

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.monitor.snapshot import Cells
    from align_tui.store.database import Database
    from align_tui.store.results import Result
    from align_tui.studies.changes import Origins


class DecisionsBefore:
    """The parent's decisions on the shown scenario, by the child's own samples."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.found: Mapping[int, Result] = {}
        self._run: str | None = None
        self._parent: tuple[str, Study, Origins] | None = None
        self._known: tuple[object, ...] = ()

    def read(self, db: Database, run: str, scenario: int, row: Cells) -> None:
        """Read them again if other samples of the child have ended. Raises StoreError."""
        if run != self._run:
            self._run, self._parent, self._known = run, _parent_of(db, run, self.study), ()
        ended = {
            cell.sample: (profile, repeat)
            for profile, repeats in enumerate(row)
            for repeat, cell in enumerate(repeats)
            if cell is not None and cell.origin is None and cell.status == "done"
        }
        known = (scenario, *ended)
        if self._parent is None or known == self._known:
            return
        parent, study, origins = self._parent
        wanted: dict[int, tuple[int, int, int]] = {}
        for sample, (profile, repeat) in ended.items():
            place = origins.place(scenario, profile)
            if place is not None:
                wanted[sample] = (*place, repeat)
        there = _decisions(db, parent, study, {place[0] for place in wanted.values()})
        self.found = {sample: there[place] for sample, place in wanted.items() if place in there}
        self._known = known


def _parent_of(db: Database, run: str, study: Study) -> tuple[str, Study, Origins] | None:
    """(id, study, origins of the changed places) of the parent; None without a readable one."""
    from align_tui.store.inheritance import ancestors
    from align_tui.store.runs import load_study
    from align_tui.studies.changes import Origins

    for parent in ancestors(db, run)[:1]:
        try:
            before = load_study(db, parent)
        except AlignError:
            return None  # of another version, or damaged: the child is shown without it
        return parent, before, Origins(before, study)
    return None


def _decisions(
    db: Database, run: str, study: Study, scenarios: set[int]
) -> dict[tuple[int, int, int], Result]:
    """The decisions of a run on these scenarios by place, its own and those that it inherits."""
    from align_tui.store.inheritance import inherited
    from align_tui.store.results import result_of, results_at

    found: dict[tuple[int, int, int], Result] = {}
    for scenario in scenarios:
        for place, each in inherited(db, run, study, scenario).items():
            if (result := result_of(db, each.sample)) is not None:
                found[place] = result
        for result in results_at(db, run, scenario):
            if result.error_kind is None:
                found[scenario, result.profile, result.repeat] = result
    return found
