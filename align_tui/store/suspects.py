"""Find the sample that ends its worker's process, among those that the worker was deciding.

One sample can end the process that decides it: its code crashes or takes all memory. The worker's
other samples are innocent, and all of them are when somebody kills the worker. Therefore:

- The store counts for each sample how many workers ended while they were deciding it: ends with a
  cause (a crash, os._exit, too little memory) apart from kills from outside, which prove nothing.
- After one end with a cause a worker decides the sample beside few others, after two alone. A kill
  counts half as much. So the sample at fault is found, and the innocent ones are decided.
- A sample fails if it was alone at its third end with a cause. Kills fail it at the tenth only:
  the store cannot distinguish some ends (a kill by the sample's own code) from kills.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass

from align_tui.core.errors import EndedWorker
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.core.text.tracebacks import kept_text
from align_tui.store.database import Database, Row
from align_tui.store.outcomes import STARTED, Claimed
from align_tui.store.turns import in_turn
from align_tui.store.waits import ASKED

ENDS_AT_MOST = 3
KILLS_AT_MOST = 10
_IN_TURN = in_turn("s")
FEW = 8  # suspects decided side by side after their first end
_LEVEL = "(x.ends + x.kills / 2)"  # 0: no suspect; 1: among few; from 2 on: alone
NO_SUSPECT = f"NOT EXISTS (SELECT 1 FROM suspects x WHERE x.sample=samples.id AND {_LEVEL}>0)"


@dataclass(frozen=True, slots=True)
class Ended:
    """What the end of a worker did to its samples.

    `back` counts those that went back to the queue; `failed` has a message for each that failed.
    """

    back: int = 0
    failed: tuple[str, ...] = ()


def bury(db: Database, dead: Mapping[str, str | None]) -> Ended:
    """Put the samples of ended workers back into the queue, or fail those that ended too many.

    `dead` has for each worker how it ended, or None for a kill. Each end counts once for a sample,
    even if several processes call this for the same worker. Raises StoreError.
    """
    if not dead:
        return Ended()
    with db.write() as connection:
        ends = [count_end(connection, worker, how) for worker, how in dead.items()]
    failed = tuple(message for end in ends for message in end.failed)
    return Ended(sum(end.back for end in ends), failed)


def count_end(connection: sqlite3.Connection, worker: str, how: str | None) -> Ended:
    """Do as `bury` does for one worker, in the caller's transaction.

    A sample that was waiting for its model to load is not to blame: it goes back uncounted.
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
        message = _count(connection, worker, row, how, alone=len(held) == 1)
        back += message is None
        failed += [message] if message is not None else []
    return Ended(back, tuple(failed))


def _put_back(connection: sqlite3.Connection, sample: int) -> None:
    connection.execute("DELETE FROM live WHERE sample=?", (sample,))
    connection.execute("UPDATE samples SET status='pending', worker=NULL WHERE id=?", (sample,))


def _count(
    connection: sqlite3.Connection, worker: str, row: Row, how: str | None, *, alone: bool
) -> str | None:
    """Count one more end for a sample and put it back; the message if it fails instead."""
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
    message = _failure_message(_name(connection, row), ends, kills, how)
    connection.execute("UPDATE samples SET status='failed' WHERE id=?", (sample,))
    now = time.time()
    connection.execute(
        "INSERT INTO results (sample, finished, started, worker, latency_s, error_kind,"
        f" error_message, traceback) SELECT id, ?, {STARTED}, ?, 0, ?, ?, ?"
        " FROM samples WHERE id=?",
        (now, now, now, worker, EndedWorker.kind, message, _dump(how), sample),
    )
    return message


def _failure_message(name: str, ends: int, kills: int, how: str | None) -> str:
    if how is None:
        return (
            f"The worker that decided {name} was killed {counted(kills, 'time')}\n"
            "If somebody else killed it, retry the sample: a worker then decides it alone."
        )
    return (
        f"The worker that decided {name} ended {counted(ends, 'time')}. "
        f"The last time: {first_line(how)}\n"
        "Fix the code that it runs, then retry the sample: a worker then decides it alone."
    )


def _dump(how: str | None) -> str | None:
    """The calls in which a process ended, if its crash dump has them."""
    return kept_text(how) if how and len(how.strip().splitlines()) > 1 else None


def first_line(how: str) -> str:
    """The first line of a crash dump, with the user's line of code if the dump has one."""
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
    """Claim suspects that may be decided side by side: a few, or one. Raises StoreError.

    Only a worker that holds no sample may call this. Suspects with the fewest ends come first, so
    that the one at fault does not hold up the innocent.
    """
    with db.explained() as connection:
        if room <= 0 or _next(connection) is None:
            return []  # the usual case takes no lock
    with db.write() as connection:
        first = _next(connection)
        if first is None:
            return []
        most = min(room, FEW if first["level"] == 1 else 1)
        rows = connection.execute(
            f"UPDATE samples SET status='running', worker=?, attempt=attempt+1, {ASKED},"
            " started=? WHERE id IN (SELECT s.id FROM suspects x JOIN samples s"
            f" ON s.id=x.sample WHERE s.run=? AND s.backbone=? AND s.status='pending'"
            f" AND {_IN_TURN} AND {_LEVEL}=? ORDER BY s.priority DESC, s.id LIMIT ?)"
            " RETURNING id, run, scenario, profile, repeat, backbone, attempt, priority",
            (worker, time.time(), first["run"], first["backbone"], first["level"], most),
        ).fetchall()
    return [Claimed(*tuple(row)) for row in sorted(rows, key=lambda row: int(row["id"]))]


def _next(connection: sqlite3.Connection) -> Row | None:
    found: Row | None = connection.execute(
        f"SELECT s.run, s.backbone, {_LEVEL} AS level FROM suspects x"
        " JOIN samples s ON s.id=x.sample JOIN runs r ON r.id=s.run"
        f" WHERE s.status='pending' AND r.state='active' AND {_LEVEL}>0 AND {_IN_TURN}"
        " ORDER BY level, s.priority DESC, r.priority DESC, r.created, s.id LIMIT 1"
    ).fetchone()
    return found


def progress(db: Database) -> tuple[int, ...]:
    """Numbers that change whenever a sample ends or a worker's end is counted for a sample."""
    row = db.one(
        "SELECT (SELECT ifnull(max(seq), 0) FROM results),"
        " (SELECT ifnull(sum(ends + kills), 0) FROM suspects)"
    )
    return tuple(row) if row is not None else ()


def forgive(connection: sqlite3.Connection, samples: list[int]) -> None:
    """Let samples that a user asks again be decided once more, alone."""
    connection.execute(
        "UPDATE suspects SET ends=min(ends, ?), kills=min(kills, ?)"
        " WHERE sample IN (SELECT value FROM json_each(?))",
        (ENDS_AT_MOST - 1, KILLS_AT_MOST // 2, json.dumps(samples)),
    )
