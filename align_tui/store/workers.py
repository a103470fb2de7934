"""Who works on the queue: registered with process and host, alive while the heart beats."""

from __future__ import annotations

import os
import socket
import time
import uuid
from dataclasses import dataclass
from typing import Any

import psutil

from align_tui.core.errors import StoreError
from align_tui.store import last_words
from align_tui.store.database import Database, Row

STALE_S = 15.0


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One engine process as it last described itself.

    Of its `active` samples `waiting` have not begun to write; `gpus` are those it was given (all,
    when empty); `notes` say what it had to change, such as a batch that did not fit.
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


def host_name() -> str:
    """The name under which this host's workers are known."""
    return socket.gethostname()


def process_start(pid: int) -> float | None:
    """When that process began (seconds since the epoch), or None when there is none."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return None


def list_workers(db: Database) -> list[WorkerRow]:
    """All registered workers, alive or not, the oldest first."""
    rows = db.read("SELECT * FROM workers ORDER BY started, id")
    return [_worker_row(row) for row in rows]


def _worker_row(row: Row) -> WorkerRow:
    values: dict[str, Any] = {key: row[key] for key in WorkerRow.__slots__}
    # What it cannot write into a full database lies beside it.
    error = row["error"] or (last_words.trouble(row["id"]) if row["host"] == host_name() else None)
    return WorkerRow(**{**values, "stop": bool(row["stop"]), "error": error})


def is_alive(worker: WorkerRow) -> bool:
    """On this host, does its process run; on another, did its heart beat of late?"""
    if worker.host != host_name():
        return time.time() - worker.heartbeat < STALE_S
    start = process_start(worker.pid)
    return start is not None and abs(start - worker.process_start) < 2.0


def living(db: Database) -> list[WorkerRow]:
    """The workers that are alive."""
    return [worker for worker in list_workers(db) if is_alive(worker)]


def dead_ids(db: Database) -> list[str]:
    """Ids of registered workers of this host whose process is gone."""
    return [
        worker.id
        for worker in list_workers(db)
        if worker.host == host_name() and not is_alive(worker)
    ]


def register(db: Database, gpus: str = "") -> str:
    """Enter this process; its worker id. Raises StoreError when another host works here."""
    elsewhere = [worker for worker in living(db) if worker.host != host_name()]
    if elsewhere:
        raise StoreError(
            f"{db.path} is being worked on from another host ({elsewhere[0].host})",
            "SQLite on a shared file system cannot serve two hosts: use a database a host.",
        )
    worker = uuid.uuid4().hex[:12]
    now = time.time()
    with db.write() as connection:
        connection.execute(
            "INSERT INTO workers (id, pid, host, process_start, started, heartbeat, state, gpus)"
            " VALUES (?,?,?,?,?,?,'starting',?)",
            (worker, os.getpid(), host_name(), process_start(os.getpid()) or now, now, now, gpus),
        )
    return worker


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
) -> bool:
    """Say that this worker lives and what it does; True when it is asked to stop."""
    with db.write() as connection:
        row = connection.execute(
            "UPDATE workers SET heartbeat=?, state=?, detail=?, progress=?, model=?, device=?,"
            " memory_mb=?, tokens_per_s=?, active=?, error=?, waiting=?, notes=?"
            " WHERE id=? RETURNING stop",
            (
                time.time(),
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
    return row is None or bool(row[0])


def unregister(db: Database, worker: str) -> None:
    """Take this worker off the list."""
    with db.write() as connection:
        connection.execute("DELETE FROM workers WHERE id=?", (worker,))


def forget(db: Database, ids: list[str]) -> None:
    """Take workers that are gone off the list, their samples put back before."""
    with db.write() as connection:
        connection.executemany("DELETE FROM workers WHERE id=?", [(worker,) for worker in ids])


def ask_to_stop(db: Database, worker: str | None = None) -> int:
    """Ask one worker (by the start of its id) or all to end; how many were asked."""
    with db.write() as connection:
        found = connection.execute(
            "UPDATE workers SET stop=1 WHERE id LIKE ? ESCAPE '!'",
            ((worker or "").replace("%", "!%").replace("_", "!_") + "%",),
        )
    return found.rowcount
