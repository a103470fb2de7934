"""What came of samples, on its way to the database: all that ended together in one transaction."""

from __future__ import annotations

from align_tui.config.secrets import environment_secrets
from align_tui.core.errors import StoreError, ValueRefused
from align_tui.core.text.tracebacks import logged
from align_tui.engine.failures import to_failure
from align_tui.engine.messages import say
from align_tui.store.database import Database
from align_tui.store.outcomes import Failed, Outcome, Released, end_all


class Outbox:
    """Keeps what a disk refuses until it takes it; nothing decided is lost meanwhile."""

    def __init__(self) -> None:
        self._waiting: list[Outcome] = []

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def keys(self) -> set[tuple[int, int]]:
        """Of which (sample, attempt) something waits."""
        return {outcome.claimed.key for outcome in self._waiting}

    def add(self, outcome: Outcome) -> None:
        """Have an outcome written with the next flush."""
        self._waiting.append(outcome)

    def flush(self, db: Database, worker: str) -> list[tuple[int, int]]:
        """Write all that waits; each (sample, attempt). Raises StoreError, and then keeps them."""
        if not self._waiting:
            return []
        outcomes = list(self._waiting)
        try:
            end_all(db, worker, outcomes)
        except Exception as error:
            if _is_the_stores(error):
                raise
            # One of them cannot be stored: it must not take the others with it.
            for outcome in outcomes:
                self._write_alone(db, worker, outcome)
        self._waiting = self._waiting[len(outcomes) :]
        return [outcome.claimed.key for outcome in outcomes]

    def _write_alone(self, db: Database, worker: str, outcome: Outcome) -> None:
        claimed, said, trace = outcome.claimed, "", ""
        for attempt in (outcome, None):
            try:
                end_all(db, worker, [attempt or Failed(claimed, "internal", said, 0.0, (), trace)])
                return
            except Exception as error:
                if _is_the_stores(error):
                    raise
                failure = to_failure(error, environment_secrets())
                said = f"Its result cannot be stored: {failure.message}"
                trace = failure.traceback
                say(f"sample {claimed.id}: {said}\n{logged(trace)}")
        end_all(db, worker, [Released(claimed)])


def _is_the_stores(error: Exception) -> bool:
    """Is it the disk's or the file's, so that the same would be taken at another time?"""
    return isinstance(error, StoreError) and not isinstance(error, ValueRefused)
