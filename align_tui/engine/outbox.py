"""Outcomes that wait to be written: those of samples that end together in one transaction."""

from __future__ import annotations

from align_tui.config.secrets import environment_secrets
from align_tui.core.errors import StoreError, ValueRefused
from align_tui.core.text.tracebacks import logged
from align_tui.engine.failures import to_failure
from align_tui.engine.messages import say
from align_tui.store.database import Database
from align_tui.store.outcomes import Failed, Outcome, Released, end_all


class Outbox:
    """Keeps outcomes until the database accepts them, so that no decision is lost."""

    def __init__(self) -> None:
        self._waiting: list[Outcome] = []

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def keys(self) -> set[tuple[int, int]]:
        """The (sample, attempt) of each waiting outcome."""
        return {outcome.claimed.key for outcome in self._waiting}

    def add(self, outcome: Outcome) -> None:
        """Add an outcome for the next flush."""
        self._waiting.append(outcome)

    def flush(self, db: Database, worker: str) -> list[tuple[int, int]]:
        """Write all waiting outcomes; their (sample, attempt). Raises StoreError and keeps them."""
        if not self._waiting:
            return []
        outcomes = list(self._waiting)
        try:
            end_all(db, worker, outcomes)
        except Exception as error:
            if _is_disk_error(error):
                raise
            # The database refuses one outcome, so write them one by one.
            for outcome in outcomes:
                self._write_alone(db, worker, outcome)
        self._waiting = self._waiting[len(outcomes) :]
        return [outcome.claimed.key for outcome in outcomes]

    def _write_alone(self, db: Database, worker: str, outcome: Outcome) -> None:
        claimed, message, trace = outcome.claimed, "", ""
        for attempt in (outcome, None):
            try:
                end_all(
                    db, worker, [attempt or Failed(claimed, "internal", message, 0.0, (), trace)]
                )
                return
            except Exception as error:
                if _is_disk_error(error):
                    raise
                failure = to_failure(error, environment_secrets())
                message = f"The database refused its result: {failure.message}"
                trace = failure.traceback
                say(f"sample {claimed.id}: {message}\n{logged(trace)}")
        end_all(db, worker, [Released(claimed)])


def _is_disk_error(error: Exception) -> bool:
    """True if the error is one of the disk or the file, so that a later attempt may succeed."""
    return isinstance(error, StoreError) and not isinstance(error, ValueRefused)
