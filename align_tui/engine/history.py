"""Read the history of a sample: what its decision-maker took earlier in the same context."""

from __future__ import annotations

from align_tui.config.study import Study
from align_tui.core.alignment.history import history_of
from align_tui.core.alignment.ranking import History
from align_tui.core.text.plurals import counted
from align_tui.store import inheritance, turns
from align_tui.store.database import Database
from align_tui.store.inheritance import Inherited, Place
from align_tui.store.outcomes import Claimed
from align_tui.studies.turns import earlier


class Histories:
    """The histories of one run's samples, read from the decisions that the database holds.

    The queue gives a sample to a worker only when its earlier ones ended, so they are complete.
    """

    def __init__(self, study: Study) -> None:
        self._study = study
        self._inherited: dict[Place, Inherited] = {}
        self._known: tuple[tuple[str, int], ...] | None = None

    def of(self, db: Database, claimed: Claimed) -> tuple[History, tuple[str, ...]]:
        """The history of a sample, and notes about what it lacks. Raises StoreError."""
        before = earlier(self._study, claimed.profile, claimed.scenario)
        if not before:
            return {}, ()
        profile, repeat = claimed.profile, claimed.repeat
        own = turns.statuses(db, claimed.run, profile, repeat, before)
        samples: list[int] = []
        lacks = 0
        for scenario in before:
            sample, status = own.get(scenario, (None, ""))
            if sample is None:
                found = self._from_ancestors(db, claimed.run).get((scenario, profile, repeat))
                sample, status = (found.sample, "done") if found is not None else (None, "")
            if sample is not None and status == "done":
                samples.append(sample)
            else:
                lacks += 1
        notes = (_lacking(lacks),) if lacks else ()
        return history_of(turns.taken_predictions(db, samples)), notes

    def _from_ancestors(self, db: Database, run: str) -> dict[Place, Inherited]:
        known = inheritance.fingerprint(db, run)
        if known != self._known:
            self._inherited = inheritance.inherited(db, run, self._study)
            self._known = known
        return self._inherited


def _lacking(count: int) -> str:
    what = counted(count, "earlier decision")
    return f"Its history lacks {what} of its context, which failed or {_was(count)} not asked for."


def _was(count: int) -> str:
    return "was" if count == 1 else "were"
