"""What the decisions of a run took: tokens, and seconds while at least one was being made."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from align_tui.store.database import Database


@dataclass(frozen=True, slots=True)
class Pace:
    """Means over `decisions` results: tokens read and written, and seconds of the run's time.

    The seconds are those in which any sample ran, so samples that ran side by side share them.
    """

    decisions: int
    tokens: float
    seconds: float


def pace_of(db: Database, run: str, profiles: Collection[int]) -> Pace | None:
    """The pace of some profiles of a run; None while they have no decision. Raises StoreError."""
    chosen = "s.run=? AND s.profile IN (SELECT value FROM json_each(?)) AND s.status='done'"
    values = (run, json.dumps(sorted(profiles)))
    rows = db.read(
        "SELECT r.started, r.finished FROM samples s JOIN results r ON r.sample=s.id WHERE "
        + chosen,
        values,
    )
    if not rows:
        return None
    [read] = db.read(
        "SELECT ifnull(sum(e.prompt_tokens + e.tokens), 0) FROM samples s"
        " JOIN responses e ON e.sample=s.id WHERE " + chosen,
        values,
    )
    busy = busy_seconds((float(row["started"]), float(row["finished"])) for row in rows)
    return Pace(len(rows), float(read[0]) / len(rows), busy / len(rows))


def busy_seconds(periods: Iterable[tuple[float, float]]) -> float:
    """Seconds that lie in at least one of the (start, end)."""
    total, until = 0.0, float("-inf")
    for start, end in sorted(periods):
        total += max(0.0, end - max(start, until))
        until = max(until, end)
    return total
