"""Samples that were being decided when a worker's process ended: which of them is to blame?

One sample can end the process that decides it: code that crashes, or takes all memory. The others
that were in flight are innocent, and so is everyone when somebody kills a worker. Therefore:

- Each sample counts the ends that it was in flight at: those with a cause of their own (a crash,
  os._exit, want of memory), and kills from outside, for which nothing speaks against it.
- After one such end a sample shares its next worker with few others, after two with none; a kill
  counts half as much. So the one at fault is found, and the innocent are decided.
- Who alone was in flight at the third end with a cause fails. Kills alone fail a sample at the
  tenth only, since some ends (a kill by the sample's own code) cannot be told from them.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass

from align_tui.core.errors import EndedWorker
from align_tui.core.text.display import one_line
from align_tui.core.text.tracebacks import kept_text
from align_tui.store.database import Database, Row
from align_tui.store.outcomes import STARTED, Claimed

ENDS_AT_MOST = 3
KILLS_AT_MOST = 10
FEW = 8  # suspects decided side by side after their first end
_LEVEL = "(x.ends + x.kills / 2)"  # 0: no suspect; 1: among few; from 2 on: alone
NO_SUSPECT = f"NOT EXISTS (SELECT 1 FROM suspects x WHERE x.sample=samples.id AND {_LEVEL}>0)"


@dataclass(frozen=True, slots=True)
class Ended:
    """What the end of a worker came to: how many samples went back, and which failed for it."""

    back: int = 0
    failed: tuple[str, ...] = ()


def bury(db: Database, dead: Mapping[str, str | None]) -> Ended:
    """Put back what workers held whose process is gone; `dead` is how each ended, None for a kill.

    A sample is counted once an end, whoever is first to bury; what ended workers too often fails.
    """
    if not dead:
        return Ended()
    with db.write() as connection:
        ends = [count_end(connection, worker, how) for worker, how in dead.items()]
    return Ended(sum(end.back for end in ends), tuple(said for end in ends for said in end.failed))


def count_end(connection: sqlite3.Connection, worker: str, how: str | None) -> Ended:
    """`bury` for one worker, in the transaction of whoever calls.

    While a model is loaded nothing is decided with it: no sample that waits for it is to blame.
    """
    held = connection.execute(
        "SELECT id, run, scenario, profile, repeat, backbone<>'' AND EXISTS (SELECT 1"
        " FROM workers w WHERE w.id=samples.worker AND w.state='loading') AS waits"
        " FROM samples WHERE worker=? AND status='running'",
        (worker,),
    ).fetchall()
    back, failed = 0, []
    for row in held:
        if row["waits"]:
            _put_back(connection, int(row["id"]))
            back += 1
            continue
        said = _count(connection, worker, row, how, alone=len(held) == 1)
        back += said is None
        failed += [said] if said is not None else []
    return Ended(back, tuple(failed))


def _put_back(connection: sqlite3.Connection, sample: int) -> None:
    connection.execute("DELETE FROM live WHERE sample=?", (sample,))
    connection.execute("UPDATE samples SET status='pending', worker=NULL WHERE id=?", (sample,))


def _count(
    connection: sqlite3.Connection, worker: str, row: Row, how: str | None, *, alone: bool
) -> str | None:
    """One end more for a sample, which goes back to the queue; what is said if it fails."""
    sample = int(row["id"])
    ends, kills = connection.execute(
        "INSERT INTO suspects (sample, ends, kills) VALUES (?,?,?) ON CONFLICT (sample)"
        " DO UPDATE SET ends=ends+excluded.ends, kills=kills+excluded.kills"
        " RETURNING ends, kills",
        (sample, int(how is not None), int(how is None)),
    ).fetchone()
    if not (alone and (ends >= ENDS_AT_MOST or kills >= KILLS_AT_MOST)):
        _put_back(connection, sample)
        return None
    connection.execute("DELETE FROM live WHERE sample=?", (sample,))
    said = _verdict(_name(connection, row), ends, kills, how)
    connection.execute("UPDATE samples SET status='failed' WHERE id=?", (sample,))
    now = time.time()
    connection.execute(
        "INSERT INTO results (sample, finished, started, worker, latency_s, error_kind,"
        f" error_message, traceback) SELECT id, ?, {STARTED}, ?, 0, ?, ?, ?"
        " FROM samples WHERE id=?",
        (now, now, now, worker, EndedWorker.kind, said, _dump(how), sample),
    )
    return said


def _verdict(name: str, ends: int, kills: int, how: str | None) -> str:
    if how is None:
        return (
            f"Deciding {name} ended the worker: it was killed {kills} times meanwhile\n"
            "If somebody else killed it, ask again: the sample is decided alone then."
        )
    return (
        f"Deciding {name} ended the worker {ends} times, the last time so: {first_line(how)}\n"
        "Mend what it runs, then ask again: the sample is decided alone then."
    )


def _dump(how: str | None) -> str | None:
    """The calls in which a process ended, where it or the kernel left them."""
    return kept_text(how) if how and len(how.strip().splitlines()) > 1 else None


def first_line(how: str) -> str:
    """What a crash's dump says first, and the user's line of code if it has one."""
    lines = [line.strip() for line in how.splitlines() if line.strip()]
    head = lines[0] if lines else "no cause is known"
    # A crash's dump lists every thread, the innermost call first.
    at = next((n for n, line in enumerate(lines) if line.startswith("Current thread")), 0)
    calls = [line for line in lines[at + 1 :] if line.startswith("File ")]
    theirs = [call for call in calls if "/lib/python" not in call and "/align_tui/" not in call]
    place = next(iter([*theirs, *calls]), "")
    return one_line(f"{head}, {place}" if place else head, 400)


def _name(connection: sqlite3.Connection, row: Row) -> str:
    found = connection.execute(
        "SELECT s.key, p.name FROM run_scenarios s, run_profiles p"
        " WHERE s.run=? AND s.idx=? AND p.run=? AND p.idx=?",
        (row["run"], row["scenario"], row["run"], row["profile"]),
    ).fetchone()
    if found is None:
        return f"sample {row['id']}"
    again = f", repeat {row['repeat'] + 1}" if row["repeat"] else ""
    return one_line(f"{found[0]} by {found[1]}{again}", 200)


def claim(db: Database, worker: str, room: int) -> list[Claimed]:
    """Take suspects that may be decided together: some few, or one. For a worker that holds none.

    Those with the fewest ends come first, so that one at fault does not hold up the innocent.
    """
    with db.explained() as connection:
        if room <= 0 or _next(connection) is None:
            return []  # nearly always, and without a lock
    with db.write() as connection:
        first = _next(connection)
        if first is None:
            return []
        most = min(room, FEW if first["level"] == 1 else 1)
        rows = connection.execute(
            "UPDATE samples SET status='running', worker=?, attempt=attempt+1,"
            " started=? WHERE id IN (SELECT s.id FROM suspects x JOIN samples s"
            f" ON s.id=x.sample WHERE s.run=? AND s.backbone=? AND s.status='pending'"
            f" AND {_LEVEL}=? ORDER BY s.priority DESC, s.id LIMIT ?)"
            " RETURNING id, run, scenario, profile, repeat, backbone, attempt, priority",
            (worker, time.time(), first["run"], first["backbone"], first["level"], most),
        ).fetchall()
    return [Claimed(*tuple(row)) for row in sorted(rows, key=lambda row: int(row["id"]))]


def _next(connection: sqlite3.Connection) -> Row | None:
    found: Row | None = connection.execute(
        f"SELECT s.run, s.backbone, {_LEVEL} AS level FROM suspects x"
        " JOIN samples s ON s.id=x.sample JOIN runs r ON r.id=s.run"
        f" WHERE s.status='pending' AND r.state='active' AND {_LEVEL}>0"
        " ORDER BY level, s.priority DESC, r.priority DESC, r.created, s.id LIMIT 1"
    ).fetchone()
    return found


def progress(db: Database) -> tuple[int, ...]:
    """Changes whenever a sample ends, or the end of a worker is counted against one."""
    row = db.one(
        "SELECT (SELECT ifnull(max(seq), 0) FROM results),"
        " (SELECT ifnull(sum(ends + kills), 0) FROM suspects)"
    )
    return tuple(row) if row is not None else ()


def forgive(connection: sqlite3.Connection, samples: list[int]) -> None:
    """Samples are asked again: once more, and alone."""
    connection.execute(
        "UPDATE suspects SET ends=min(ends, ?), kills=min(kills, ?)"
        " WHERE sample IN (SELECT value FROM json_each(?))",
        (ENDS_AT_MOST - 1, KILLS_AT_MOST // 2, json.dumps(samples)),
    )
