"""Set aside a worker that shows no sign of life, so that others can go on."""

from __future__ import annotations

import os
import signal
import sqlite3

from align_tui.store import processes, suspects, workers
from align_tui.store.database import BUSY_MS, Database
from align_tui.store.lease_length import lease_s
from align_tui.store.workers import WorkerRow

TRY_MS = 250


def set_aside(db: Database, worker: WorkerRow) -> str | None:
    """Mark a worker as silent. Returns '', or why the database refuses the mark.

    Returns None if the worker has just written a heartbeat, so that it is not silent.
    A worker that was stopped (SIGSTOP) in the middle of writing keeps the database locked for
    everybody, so this continues it (SIGCONT). Raises StoreError.
    """
    if not _is_locked(db):
        runs = workers.is_here(worker) and not processes.is_stopped(worker.pid)
        with db.write() as connection:  # in one transaction: no beat can come in between
            if not workers.mark(connection, worker):
                return None
            if runs:
                # It runs but does not answer: the code of one of its samples may be the reason.
                suspects.count_end(
                    connection, worker.id, f"it did not answer for {lease_s():.0f} s"
                )
        return ""
    if workers.is_here(worker) and processes.is_stopped(worker.pid):
        try:
            os.kill(worker.pid, signal.SIGCONT)
        except OSError:
            return f"it keeps {db.path} locked"
        return f"it keeps {db.path} locked, so it was continued"
    return f"this worker or another program keeps {db.path} locked"


def _is_locked(db: Database) -> bool:
    """True if no process can start to write, within `TRY_MS` milliseconds."""
    with db.explained() as connection:
        connection.execute(f"PRAGMA busy_timeout={TRY_MS}")
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        finally:
            connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    return False
