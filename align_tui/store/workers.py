"""Who works on the queue: registered with process and host, alive while the heart beats."""

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
START_S = 0.05  # two processes of one id begin further apart


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """One engine process as it last described itself.

    Of its `active` samples `waiting` have not begun to write; `gpus` are those it was given (all,
    when empty); `notes` say what it had to change, such as a batch that did not fit. `heartbeat`
    is a number that every beat makes greater by one; `silent` is the one at which somebody saw it
    stand still for a whole lease. `machine` is the boot and the namespace of its process.
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
        """Has it not shown a sign of life since somebody waited a whole lease for one?"""
        return self.silent == self.heartbeat

    @property
    def is_blocked(self) -> bool:
        """Does it keep what it decides, and can do nothing else until that lets go of it?"""
        return self.state == BLOCKED

    @property
    def name(self) -> str:
        """As it is called in a sentence: `3fa91c77 (process 4711)`."""
        where = "" if is_here(self) else f" on {self.host}"
        return f"{self.id[:8]} (process {self.pid}{where})"


def list_workers(db: Database) -> list[WorkerRow]:
    """All registered workers, alive or not, the oldest first."""
    rows = db.read("SELECT * FROM workers ORDER BY started, id")
    return [_worker_row(row) for row in rows]


def _worker_row(row: Row) -> WorkerRow:
    values: dict[str, Any] = {key: row[key] for key in WorkerRow.__slots__}
    # What it cannot write into a full database lies beside it.
    error = row["error"] or (
        crash_notes.trouble(row["id"]) if row["host"] == processes.host_name() else None
    )
    return WorkerRow(**{**values, "stop": bool(row["stop"]), "error": error})


def _machine() -> str:
    return f"{processes.boot()} {processes.namespace()}".strip()


def is_here(worker: WorkerRow) -> bool:
    """Can its process be seen from here, or be seen to be gone?"""
    mine = _machine()
    if worker.machine and worker.machine == mine:
        return True  # whatever the host is called by now
    if worker.host != processes.host_name():
        return False
    # Another boot of this host: it is gone. Another container of that name may well live.
    return not (worker.machine and mine and worker.machine.split()[0] == mine.split()[0])


def is_gone(worker: WorkerRow) -> bool:
    """Is it certain that its process has ended? Of one elsewhere that is never known."""
    if not is_here(worker):
        return False
    if worker.machine and worker.machine != _machine():
        return True  # of an earlier boot
    start = process_start(worker.pid)
    if start is None or not worker.machine:
        return start is None  # one without a machine counts its start from elsewhere
    return abs(start - worker.process_start) > START_S


def is_alive(worker: WorkerRow) -> bool:
    """Does its process run; elsewhere, is there no sign of the contrary?"""
    return not is_gone(worker) and (is_here(worker) or not worker.is_silent)


def living(db: Database) -> list[WorkerRow]:
    """The workers that are alive, those included that do not answer."""
    return [worker for worker in list_workers(db) if is_alive(worker)]


def answering(db: Database) -> list[WorkerRow]:
    """The workers that can be relied on to take samples: neither silent, blocked nor ending."""
    return [w for w in living(db) if not (w.is_silent or w.is_blocked or w.stop)]


def mark_silent(db: Database, worker: WorkerRow) -> bool:
    """Note for everybody that this worker showed no sign of life for a lease; False if it did now.

    With its next beat the mark holds no longer.
    """
    with db.write() as connection:
        return mark(connection, worker)


def mark(connection: sqlite3.Connection, worker: WorkerRow) -> bool:
    """`mark_silent` in the transaction of whoever calls."""
    marked = connection.execute(
        "UPDATE workers SET silent=heartbeat WHERE id=? AND heartbeat=?",
        (worker.id, worker.heartbeat),
    )
    return bool(marked.rowcount)


def register(db: Database, gpus: str = "", told: Callable[[str], None] = lambda said: None) -> str:
    """Enter this process; its worker id. Raises Final when another host works here.

    `told` hears why it takes a while: a lease, where a worker of another host may be there.
    """
    worker = uuid.uuid4().hex[:12]
    _refuse_other_hosts(db, told)
    _enter(db, worker, gpus)
    return worker


def enter_again(db: Database, worker: str, gpus: str = "") -> None:
    """Enter a worker that was taken for gone, under its old id.

    Raises Final when another host took over meanwhile: this worker must not go on.
    """
    _refuse_other_hosts(db, lambda said: None)
    _enter(db, worker, gpus)


def _enter(db: Database, worker: str, gpus: str) -> None:
    now, pid, host = time.time(), os.getpid(), processes.host_name()
    with db.write() as connection:
        connection.execute(
            "INSERT INTO workers (id, pid, host, process_start, started, heartbeat, state, gpus,"
            " machine) VALUES (?,?,?,?,?,0,'starting',?,?)",
            (worker, pid, host, process_start(pid) or 0.0, now, gpus, _machine()),
        )


def _refuse_other_hosts(db: Database, told: Callable[[str], None]) -> None:
    """Watch, for a lease at most, whether a worker of another host shows a sign of life."""

    def elsewhere() -> dict[str, WorkerRow]:
        host = processes.host_name()
        return {w.id: w for w in living(db) if w.host != host and not is_here(w)}

    before = elsewhere()
    for worker in before.values():
        told(f"waiting for {lease_s():.0f} s at most: does worker {worker.name} still work here?")
    until = time.monotonic() + lease_s()
    while before and time.monotonic() < until:
        time.sleep(LOOK_S)
        for worker in elsewhere().values():
            if worker.id not in before or worker.heartbeat != before[worker.id].heartbeat:
                raise Final(
                    f"{db.path} is being worked on from another host ({worker.host})",
                    "SQLite on a shared file system cannot serve two hosts: use a database a host.",
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
    """Say that this worker lives and what it does, by which it keeps the samples that it holds.

    True when it is asked to stop, None when somebody took it off the list.
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
    """Take this worker off the list."""
    with db.write() as connection:
        connection.execute("DELETE FROM workers WHERE id=?", (worker,))


def leave_if_idle(db: Database, worker: str) -> bool:
    """Take this worker off the list unless something waits for it; has it gone?

    In one step, so that whoever adds samples either finds it gone or is served by it.
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
