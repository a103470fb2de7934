"""Write the ends of samples as a worker does, for tests without a worker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from align_tui.core.decisions import Decision
from align_tui.core.scorers.base import Score
from align_tui.store.database import Database
from align_tui.store.outcomes import Claimed, Decided, Failed, Released, end_all


def finish(
    db: Database,
    worker: str,
    claimed: Claimed,
    decision: Decision,
    choice_text: str,
    scores: Mapping[str, Score],
    latency_s: float,
) -> bool:
    """Write one decision; False if the worker no longer holds the sample."""
    return end_all(db, worker, [Decided(claimed, decision, choice_text, scores, latency_s)])[0]


def fail(
    db: Database,
    worker: str,
    claimed: Claimed,
    kind: str,
    message: str,
    latency_s: float,
    traceback: str = "",
) -> bool:
    """Write that one sample failed, and why; False if the worker no longer holds it."""
    failed = Failed(claimed, kind, message, latency_s, traceback=traceback)
    return end_all(db, worker, [failed])[0]


def release(db: Database, worker: str, claimed: Sequence[Claimed]) -> None:
    """Put samples back into the queue, undecided."""
    end_all(db, worker, [Released(each) for each in claimed])
