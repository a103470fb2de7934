"""Where the time of the newest decisions of a run went."""

from __future__ import annotations

import json
from statistics import median

from align_tui.core.time_spent import TimeSpent, time_spent
from align_tui.store.database import Database
from align_tui.store.waits import WAITED

NEWEST = 20


def recent(db: Database, run: str) -> TimeSpent | None:
    """The medians of the run's newest decisions by a model; None without one. Raises StoreError."""
    found: dict[int, tuple[float, list[tuple[list[tuple[float, int]], float]], float]] = {}
    for row in db.read(
        "SELECT r.sample, r.latency_s, r.waited_s, p.timeline, p.first_token_s FROM responses p"
        f" JOIN (SELECT r.sample, r.latency_s, {WAITED} AS waited_s FROM results r"
        " JOIN samples s ON s.id=r.sample"
        " WHERE s.run=? AND r.error_kind IS NULL ORDER BY r.seq DESC LIMIT ?) r"
        " ON r.sample=p.sample",
        (run, NEWEST),
    ):
        timeline = [(float(t), int(n)) for t, n in json.loads(row["timeline"])]
        sample = row["sample"]
        if sample not in found:
            found[sample] = (float(row["latency_s"]), [], float(row["waited_s"]))
        found[sample][1].append((timeline, float(row["first_token_s"])))
    spent = [each for one in found.values() if (each := time_spent(*one)) is not None]
    if not spent:
        return None
    return TimeSpent(
        median(each.queued_s for each in spent),
        median(each.reading_s for each in spent),
        median(each.writing_s for each in spent),
    )
