"""The queue: workers claim pending samples, and put back those that they do not decide."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from align_tui.config.profile import keys_in
from align_tui.store.database import Database
from align_tui.store.outcomes import Claimed as Claimed
from align_tui.store.suspects import NO_SUSPECT
from align_tui.store.turns import in_turn
from align_tui.store.waits import ASKED

READY = f"{NO_SUSPECT} AND {in_turn('samples')}"  # for a condition on a pending sample


@dataclass(frozen=True, slots=True)
class Depth:
    """How many samples are pending, and in how many runs."""

    samples: int = 0
    runs: int = 0


def depth(db: Database) -> Depth:
    """Count the pending samples of all active runs."""
    rows = db.read(
        "SELECT (SELECT count(*) FROM samples s WHERE s.run=r.id AND s.status='pending') AS n"
        " FROM runs r WHERE r.state='active'"
    )
    found = [int(row["n"]) for row in rows if row["n"]]
    return Depth(sum(found), len(found))


def before(db: Database, run: str) -> tuple[int, int]:
    """(open samples of the runs that are decided before this one, how many runs those are)."""
    rows = db.read(
        "SELECT count(*) AS n FROM samples s JOIN runs r ON r.id=s.run, runs mine"
        " WHERE mine.id=? AND r.id<>mine.id AND r.state='active'"
        " AND (r.priority, -r.rowid) > (mine.priority, -mine.rowid)"
        " AND s.status IN ('pending', 'running') GROUP BY r.id",
        (run,),
    )
    return sum(int(row["n"]) for row in rows), len(rows)


@dataclass(frozen=True, slots=True)
class Running:
    """A sample that a worker holds; `started` is its claim in seconds since the epoch.

    `begun` is False while it waits in the worker: no model reads or writes for it yet.
    """

    id: int
    scenario: int
    profile: int
    repeat: int
    attempt: int
    started: float | None
    worker: str
    begun: bool = True


def running(db: Database, run: str) -> list[Running]:
    """The run's running samples."""
    rows = db.read(
        "SELECT id, scenario, profile, repeat, attempt, started, worker,"
        " EXISTS (SELECT 1 FROM live WHERE sample=samples.id) AS begun FROM samples"
        " WHERE run=? AND status='running'",
        (run,),
    )
    *names, begun = Running.__slots__
    return [Running(**{name: row[name] for name in names}, begun=bool(row[begun])) for row in rows]


def holders(db: Database, run: str) -> list[tuple[str, int]]:
    """(worker, how many samples of the run it decides), the greatest number first."""
    rows = db.read(
        "SELECT worker, count(*) AS n FROM samples WHERE run=? AND status='running'"
        " GROUP BY worker ORDER BY n DESC",
        (run,),
    )
    return [(str(row["worker"]), int(row["n"])) for row in rows]


def by_status(db: Database, run: str) -> dict[str, int]:
    """The number of the run's samples by status; a status without samples is left out."""
    rows = db.read("SELECT status, count(*) AS n FROM samples WHERE run=? GROUP BY status", (run,))
    return {str(row["status"]): int(row["n"]) for row in rows}


def is_over(db: Database, run: str) -> bool:
    """True if no sample of the run is pending or running."""
    open_ones = "SELECT 1 FROM samples WHERE run=? AND status=? LIMIT 1"
    return not any(db.read(open_ones, (run, status)) for status in ("pending", "running"))


def claim(
    db: Database,
    worker: str,
    limit: int,
    *,
    prefer: Collection[str] = (),
    only: Collection[str] | None = None,
    urgent: bool = False,
) -> list[Claimed]:
    """Claim up to `limit` pending samples of one run and one backbone, for one batch.

    Samples that somebody looks at (priority above 0) come first, whatever their run; with `urgent`
    only these are claimed. Then runs come by priority and age, and in a run the backbones of
    `prefer`. Suspects (store/suspects.py) are left out, and so are samples whose turn has not come
    (store/turns.py). With `only`, nothing is claimed unless the
    next backbone is in it. `prefer` and `only` hold keys of single models: a sample that asks
    several models is in them if all of its models are; one that asks none always is.
    """
    with db.explained() as connection:
        if limit <= 0 or _next_place(connection, prefer, urgent) is None:
            return []  # an idle queue is the usual case, and takes no write lock
    with db.write() as connection:
        place = _next_place(connection, prefer, urgent)
        if place is None or (only is not None and not keys_in(place[1]) <= set(only)):
            return []
        rows = connection.execute(
            f"UPDATE samples SET status='running', worker=?, attempt=attempt+1, {ASKED},"
            " started=? WHERE id IN (SELECT id FROM samples WHERE run=? AND"
            f" status='pending' AND backbone=? AND priority>=? AND {READY}"
            " ORDER BY priority DESC, id LIMIT ?)"
            " RETURNING id, run, scenario, profile, repeat, backbone, attempt, priority",
            (worker, time.time(), *place, int(urgent), limit),
        ).fetchall()
    rows.sort(key=lambda row: (-row["priority"], row["id"]))
    return [Claimed(*tuple(row)) for row in rows]


def _next_place(
    connection: sqlite3.Connection, prefer: Collection[str], urgent: bool
) -> tuple[str, str] | None:
    """The (run, backbone) to claim from next. An index answers each query in one step."""
    looked_at = connection.execute(
        "SELECT s.run, s.backbone FROM samples s INDEXED BY samples_urgent"
        " CROSS JOIN runs r ON r.id=s.run"
        " WHERE s.status='pending' AND s.priority>0 AND r.state='active'"
        f" AND {NO_SUSPECT.replace('samples.id', 's.id')} AND {in_turn('s')}"
        " ORDER BY s.priority DESC, s.id LIMIT 1"
    ).fetchone()
    if looked_at is not None:
        return str(looked_at[0]), str(looked_at[1])
    if urgent:
        return None
    loaded = set(prefer)
    runs = connection.execute(
        "SELECT id FROM runs WHERE state='active' ORDER BY priority DESC, rowid"
    ).fetchall()
    for run in runs:
        waiting: list[tuple[bool, int, str]] = []
        backbone: str | None = None
        while True:
            after = "" if backbone is None else " AND backbone>?"
            row = connection.execute(
                "SELECT backbone, id FROM samples WHERE run=? AND status='pending'"
                f" AND {READY}" + after + " ORDER BY backbone, priority DESC, id LIMIT 1",
                (run[0],) if backbone is None else (run[0], backbone),
            ).fetchone()
            if row is None:
                break
            backbone = str(row["backbone"])
            waiting.append((not keys_in(backbone) <= loaded, row["id"], backbone))
        if waiting:
            return str(run[0]), min(waiting)[2]
    return None


_WAIT = "run=? AND status='pending' AND "
_BEFORE = f"SELECT count(*) FROM samples WHERE {_WAIT}(priority>? OR (priority=? AND id<?))"
# NOT INDEXED makes SQLite go by id, so that it counts neighbours without reading the whole queue.
_BETWEEN = f"SELECT count(*) FROM samples NOT INDEXED WHERE {_WAIT}priority=? AND id>=? AND id<?"


def ahead(db: Database, run: str, samples: Sequence[int]) -> dict[int, int]:
    """How many pending samples of the run come before each of `samples` that is pending.

    The order is that of `claim` within one backbone: priority, then age. A worker chooses itself
    which of several models it serves first.
    """

    def count(query: str, *values: int) -> int:
        row = db.one(query, (run, *values))
        return int(row[0]) if row is not None else 0

    marks = ",".join("?" * len(samples))
    rows = db.read(
        f"SELECT priority, id FROM samples WHERE id IN ({marks}) AND run=? AND status='pending'"
        " ORDER BY priority DESC, id",
        (*samples, run),
    )
    found: dict[int, int] = {}
    last: tuple[int, int] | None = None
    for priority, sample in map(tuple, rows):
        if last is not None and last[0] == priority:
            found[sample] = found[last[1]] + count(_BETWEEN, priority, last[1], sample)
        else:
            found[sample] = count(_BEFORE, priority, priority, sample)
        last = (priority, sample)
    return found


# True for a sample whose worker is registered and not marked as silent.
_HELD = (
    "EXISTS (SELECT 1 FROM workers w WHERE w.id=samples.worker"
    " AND (w.silent IS NULL OR w.silent<>w.heartbeat))"
)


def reclaim(db: Database, dead_workers: Iterable[str] = (), *, but: str = "") -> int:
    """Put back the samples of `dead_workers`, of silent workers and of none; how many.

    Samples of `but`, the worker that asks, stay: it cannot be gone. The same statement checks that
    a silent worker is still silent.
    """
    dead = list(dead_workers)
    marks = ",".join("?" * len(dead))
    where = (
        "status='running' AND worker IS NOT ?"
        f" AND (worker IS NULL OR worker IN ({marks}) OR NOT {_HELD})"
    )
    if not db.read(f"SELECT 1 FROM samples WHERE {where} LIMIT 1", (but, *dead)):
        return 0
    with db.write() as connection:
        rows = connection.execute(
            f"UPDATE samples SET status='pending', worker=NULL WHERE {where} RETURNING id",
            (but, *dead),
        ).fetchall()
        connection.executemany("DELETE FROM live WHERE sample=?", [(int(row[0]),) for row in rows])
    return len(rows)


def give_back(db: Database, worker: str, keys: Iterable[tuple[int, int]]) -> None:
    """Put back attempts that the database counts as this worker's but the worker does not know."""
    with db.write() as connection:
        for sample, attempt in keys:
            connection.execute(
                "UPDATE samples SET status='pending', worker=NULL"
                " WHERE id=? AND worker=? AND attempt=? AND status='running'",
                (sample, worker, attempt),
            )


def orders(db: Database, worker: str) -> dict[tuple[int, int], str]:
    """What the worker shall do with each (sample, attempt) that it holds: 'go' or 'release'.

    It releases samples of a cancelled run (services/cancel.py). It drops those that are missing
    here: their run was deleted, or another worker took them over.
    """
    rows = db.read(
        "SELECT s.id, s.attempt, r.state FROM samples s JOIN runs r ON r.id=s.run"
        " WHERE s.worker=? AND s.status='running'",
        (worker,),
    )
    return {
        (int(row["id"]), int(row["attempt"])): "release" if row["state"] == "stopped" else "go"
        for row in rows
    }
