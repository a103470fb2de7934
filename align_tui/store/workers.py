"""The table of workers: each registers its process and host, and writes a heartbeat."""

from __future__ import annotations

import os
import sqlite3
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from align_tui.core.errors import Final
from align_tui.store import crash_notes, processes
from align_tui.store.database import Database, Row
from align_tui.store.lease_length import lease_s
from align_tui.store.processes import process_start

LOOK_S = 0.25
BLOCKED = "blocked"
START_S = 0.05  # two processes with the same id start further apart than this


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A worker as it last described itself.

    For `waiting` of its `active` samples no model has begun to read. `gpus` are the GPUs it may
    use (empty: all). `notes` say what it had to change, such as a batch that did not fit. Every
    beat adds one to `heartbeat`. `silent` is the heartbeat that another process saw stand still for
    a whole lease. `machine` is the boot and the namespace of its process.
    """

    id: str
    pid: int
    host: str
    process_start: float
    started: float
    heartbeat: float
    state: str
    detail: str
    progress: float | None
    model: str
    device: str
    memory_mb: float | None
    tokens_per_s: float
    active: int
    stop: bool
    error: str | None
    waiting: int = 0
    gpus: str = ""
    notes: str = ""
    machine: str = ""
    silent: float | None = None

    @property
    def is_silent(self) -> bool:
        """True if it has not beaten since a process waited a whole lease for a beat."""
        return self.silent == self.heartbeat

    @property
    def is_blocked(self) -> bool:
        """True if a sample's code blocks it: it keeps its samples but can do nothing else."""
        return self.state == BLOCKED

    @property
    def name(self) -> str:
        """Its name in messages: `3fa91c77 (process 4711)`."""
        where = "" if is_here(self) else f" on {self.host}"
        return f"{self.id[:8]} (process {self.pid}{where})"


def list_workers(db: Database) -> list[WorkerRow]:
    """All registered workers, alive or not, the oldest first."""
    rows = db.read("SELECT * FROM workers ORDER BY started, id")
    return [_worker_row(row) for row in rows]


def _worker_row(row: Row) -> WorkerRow:
    values: dict[str, Any] = {key: row[key] for key in WorkerRow.__slots__}
    # A worker with a full disk writes its trouble into its file instead.
    error = row["error"] or (
        crash_notes.trouble(row["id"]) if row["host"] == processes.host_name() else None
    )
    return WorkerRow(**{**values, "stop": bool(row["stop"]), "error": error})


def _machine() -> str:
    return f"{processes.boot()} {processes.namespace()}".strip()


def is_here(worker: WorkerRow) -> bool:
    """True if this process can find out whether the worker's process runs."""
    mine = _machine()
    if worker.machine and worker.machine == mine:
        return True  # even if somebody renamed the host
    if worker.host != processes.host_name():
        return False
    # After another boot of this host it is gone; in another container of this name it may live.
    return not (worker.machine and mine and worker.machine.split()[0] == mine.split()[0])


def is_gone(worker: WorkerRow) -> bool:
    """True if its process has certainly ended; always False for a worker on another host."""
    if not is_here(worker):
        return False
    if worker.machine and worker.machine != _machine():
        return True  # it ran before this boot
    start = process_start(worker.pid)
    if start is None or not worker.machine:
        return start is None  # without a machine its start time has another origin
    return abs(start - worker.process_start) > START_S


def is_alive(worker: WorkerRow) -> bool:
    """True if its process runs; on another host, if it is not silent."""
    return not is_gone(worker) and (is_here(worker) or not worker.is_silent)


def living(db: Database) -> list[WorkerRow]:
    """The workers that are alive, even if they do not answer. Raises StoreError."""
    return [worker for worker in list_workers(db) if is_alive(worker)]


def answering(db: Database) -> list[WorkerRow]:
    """The workers that will take samples: neither silent nor blocked nor asked to stop."""
    return [w for w in living(db) if not (w.is_silent or w.is_blocked or w.stop)]


def mark_silent(db: Database, worker: WorkerRow) -> bool:
    """Mark a worker as silent for a lease, for every process; False if it has just beaten.

    Its next beat ends the mark.
    """
    with db.write() as connection:
        return mark(connection, worker)


def mark(connection: sqlite3.Connection, worker: WorkerRow) -> bool:
    """Do as `mark_silent` does, in the caller's transaction."""
    marked = connection.execute(
        "UPDATE workers SET silent=heartbeat WHERE id=? AND heartbeat=?",
        (worker.id, worker.heartbeat),
    )
    return bool(marked.rowcount)


def register(
    db: Database, gpus: str = "", report: Callable[[str], None] = lambda message: None
) -> str:
    """Register this process; its worker id. Raises Final if a worker of another host is alive.

    If such a worker is registered, this calls `report` with a message and watches it for a lease.
    """
    worker = uuid.uuid4().hex[:12]
    _refuse_other_hosts(db, report)
    _enter(db, worker, gpus)
    return worker


def enter_again(db: Database, worker: str, gpus: str = "") -> None:
    """Register a worker again, under its old id, after another took it for gone.

    Raises Final if a worker of another host took over meanwhile: this one must not go on.
    """
    _refuse_other_hosts(db, lambda message: None)
    _enter(db, worker, gpus)


def _enter(db: Database, worker: str, gpus: str) -> None:
    now, pid, host = time.time(), os.getpid(), processes.host_name()
    with db.write() as connection:
        connection.execute(
            "INSERT INTO workers (id, pid, host, process_start, started, heartbeat, state, gpus,"
            " machine) VALUES (?,?,?,?,?,0,'starting',?,?)",
            (worker, pid, host, process_start(pid) or 0.0, now, gpus, _machine()),
        )


def _refuse_other_hosts(db: Database, report: Callable[[str], None]) -> None:
    """Raise Final if a worker of another host beats within a lease; mark it silent if not."""

    def elsewhere() -> dict[str, WorkerRow]:
        host = processes.host_name()
        return {w.id: w for w in living(db) if w.host != host and not is_here(w)}

    before = elsewhere()
    for worker in before.values():
        report(f"waiting {lease_s():.0f} s at most to see if worker {worker.name} still works here")
    until = time.monotonic() + lease_s()
    while before and time.monotonic() < until:
        time.sleep(LOOK_S)
        for worker in elsewhere().values():
            if worker.id not in before or worker.heartbeat != before[worker.id].heartbeat:
                raise Final(
                    f"A worker on another host ({worker.host}) uses {db.path}",
                    "SQLite on a shared file system cannot serve two hosts. Use one database each.",
                )
    for worker in before.values():
        mark_silent(db, worker)


def beat(
    db: Database,
    worker: str,
    *,
    state: str,
    detail: str = "",
    progress: float | None = None,
    model: str = "",
    device: str = "",
    memory_mb: float | None = None,
    tokens_per_s: float = 0.0,
    active: int = 0,
    error: str | None = None,
    waiting: int = 0,
    notes: str = "",
) -> bool | None:
    """Write a heartbeat and what this worker does, so that it keeps its samples.

    True if somebody asks it to stop, None if it is no longer registered.
    """
    with db.write() as connection:
        row = connection.execute(
            "UPDATE workers SET heartbeat=heartbeat+1, state=?, detail=?, progress=?, model=?,"
            " device=?, memory_mb=?, tokens_per_s=?, active=?, error=?, waiting=?, notes=?"
            " WHERE id=? RETURNING stop",
            (
                state,
                detail,
                progress,
                model,
                device,
                memory_mb,
                tokens_per_s,
                active,
                error,
                waiting,
                notes,
                worker,
            ),
        ).fetchone()
    return None if row is None else bool(row[0])


def unregister(db: Database, worker: str) -> None:
    """Remove this worker's row."""
    with db.write() as connection:
        connection.execute("DELETE FROM workers WHERE id=?", (worker,))


def leave_if_idle(db: Database, worker: str) -> bool:
    """Remove this worker's row unless a sample is pending; True if it is removed.

    Both happen in one transaction: a process that adds samples either finds no worker and starts
    one, or this worker decides them.
    """
    with db.write() as connection:
        left = connection.execute(
            "DELETE FROM workers WHERE id=? AND NOT EXISTS (SELECT 1 FROM runs r WHERE"
            " r.state='active' AND EXISTS (SELECT 1 FROM samples s WHERE s.run=r.id"
            " AND s.status='pending'))",
            (worker,),
        )
    return bool(left.rowcount)


def forget(db: Database, ids: list[str]) -> None:
    """Remove the rows of workers that are gone; their samples must be back in the queue."""
    with db.write() as connection:
        connection.executemany("DELETE FROM workers WHERE id=?", [(worker,) for worker in ids])


def ask_to_stop(db: Database, worker: str | None = None) -> int:
    """Ask one worker (by the start of its id) or all to stop; how many were asked."""
    with db.write() as connection:
        found = connection.execute(
            "UPDATE workers SET stop=1 WHERE id LIKE ? ESCAPE '!'",
            ((worker or "").replace("%", "!%").replace("_", "!_") + "%",),
        )
    return found.rowcount
