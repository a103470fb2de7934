"""What a worker's watchdog thread writes while the worker's event loop stands still."""

from __future__ import annotations

import time

from align_tui.core.text.display import one_line
from align_tui.store.database import Database
from align_tui.store.outcomes import STARTED
from align_tui.store.workers import BLOCKED


def release_others(db: Database, worker: str, sample: int) -> int:
    """Put back all samples of the worker but one; how many. Raises StoreError."""
    with db.write() as connection:
        rows = connection.execute(
            "UPDATE samples SET status='pending', worker=NULL"
            " WHERE worker=? AND status='running' AND id<>? RETURNING id",
            (worker, sample),
        ).fetchall()
        connection.executemany("DELETE FROM live WHERE sample=?", [(row[0],) for row in rows])
    return len(rows)


def beat(db: Database, worker: str) -> None:
    """Write a heartbeat, so that the worker keeps its samples."""
    with db.write() as connection:
        connection.execute("UPDATE workers SET heartbeat=heartbeat+1 WHERE id=?", (worker,))


def complain(db: Database, worker: str, message: str) -> None:
    """Mark the worker as blocked with a message, so that another worker is started.

    The worker keeps its samples. Its own next beat removes the mark.
    """
    with db.write() as connection:
        connection.execute(
            "UPDATE workers SET heartbeat=heartbeat+1, error=?, state=? WHERE id=?",
            (message, BLOCKED, worker),
        )


def fail(
    db: Database,
    worker: str,
    sample: int,
    kind: str,
    message: str,
    latency_s: float,
    traceback: str = "",
) -> None:
    """Store a sample as failed if the worker still holds it."""
    now = time.time()
    with db.write() as connection:
        held = connection.execute(
            "UPDATE samples SET status='failed' WHERE id=? AND worker=? AND status='running'",
            (sample, worker),
        ).rowcount
        if held:
            connection.execute("DELETE FROM live WHERE sample=?", (sample,))
            connection.execute(
                "INSERT INTO results (sample, finished, started, worker, latency_s, error_kind,"
                f" error_message, traceback) SELECT id, ?, {STARTED}, ?, ?, ?, ?, ?"
                " FROM samples WHERE id=?",
                (now, now, now, worker, latency_s, kind, message, traceback or None, sample),
            )


def name_of(db: Database, sample: int) -> str:
    """A sample's name in messages: its scenario and its profile."""
    row = db.one(
        "SELECT c.key, p.name, s.repeat FROM samples s"
        " JOIN run_scenarios c ON c.run=s.run AND c.idx=s.scenario"
        " JOIN run_profiles p ON p.run=s.run AND p.idx=s.profile WHERE s.id=?",
        (sample,),
    )
    if row is None:
        return f"sample {sample}"
    again = f", repeat {row[2] + 1}" if row[2] else ""
    return one_line(f"{row[0]} by {row[1]}{again}", 200)
