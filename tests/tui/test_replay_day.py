"""A day of replay on a virtual clock: each hour is in its place, and memory does not grow."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

from align_tui.config.study import Study
from align_tui.monitor.feeds.replay import ReplayFeed
from align_tui.store.database import Database

HOUR = 3600.0


def test_a_day_leaves_memory_flat(path: Path, finished: tuple[str, Study], db: Database) -> None:
    """24 samples of an hour each; the clock goes on by ten minutes each time it is read."""
    run, study = finished
    rows = db.read("SELECT id FROM samples WHERE run=? ORDER BY scenario, profile", (run,))
    with db.write() as connection:
        for number, row in enumerate(rows):
            connection.execute(
                "UPDATE results SET started=?, finished=? WHERE sample=?",
                (1.7e9 + HOUR * number, 1.7e9 + HOUR * (number + 1), row["id"]),
            )
    seconds = 0.0
    feed = ReplayFeed(path, study, run, lambda snapshot: None, now=lambda: seconds)
    kept: dict[int, int] = {}  # bytes by hour
    tracemalloc.start()
    try:
        while seconds <= 24 * HOUR:
            snapshot = feed.tick(db)
            assert snapshot is not None and snapshot.transport is not None
            if seconds % HOUR == 0:
                hour = int(seconds // HOUR)
                assert snapshot.counts.done + snapshot.counts.failed == hour
                assert snapshot.transport.at == seconds
                del snapshot
                gc.collect()
                kept[hour] = tracemalloc.get_traced_memory()[0]
            seconds += 600.0
    finally:
        tracemalloc.stop()
    assert feed.head.at == feed.head.length == 24 * HOUR and not feed.head.playing
    # The feed keeps one scenario's texts, a few kilobytes; the first hours fill caches.
    assert kept[24] - kept[8] < 64_000, kept
