"""The queue: samples claimed under a lease, finished once, or given back."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from align_tui.core.decisions import Decision
from align_tui.core.scoring import Score
from align_tui.core.types import canonical, content_hash
from align_tui.store.database import Database

LEASE_S = 15.0


@dataclass(frozen=True, slots=True)
class Claimed:
    """A sample that this worker may decide until its lease ends."""

    id: int
    run: str
    scenario: int
    profile: int
    repeat: int
    backbone: str
    attempt: int


def claim(
    db: Database,
    worker: str,
    limit: int,
    *,
    prefer: Sequence[str] = (),
    only: Sequence[str] | None = None,
    lease_s: float = LEASE_S,
) -> list[Claimed]:
    """Take up to `limit` pending samples of one run and one backbone, so they decode together.

    Runs come by priority, then by age; in a run the highest priority, then the backbones of
    `prefer`. With `only`, nothing is taken when the next backbone in turn is not among them.
    """
    if limit <= 0 or _next_place(db.connection, prefer) is None:
        return []  # the common case of an idle queue takes no write lock
    now = time.time()
    with db.write() as connection:
        place = _next_place(connection, prefer)
        if place is None or (only is not None and place[1] not in only):
            return []
        rows = connection.execute(
            "UPDATE samples SET status='running', worker=?, lease=?, attempt=attempt+1,"
            " started=?, cancel=0 WHERE id IN (SELECT id FROM samples WHERE run=? AND"
            " status='pending' AND backbone=? ORDER BY priority DESC, id LIMIT ?)"
            " RETURNING id, run, scenario, profile, repeat, backbone, attempt, priority",
            (worker, now + lease_s, now, *place, limit),
        ).fetchall()
    rows.sort(key=lambda row: (-row["priority"], row["id"]))
    return [Claimed(*tuple(row)[:7]) for row in rows]


def _next_place(connection: sqlite3.Connection, prefer: Sequence[str]) -> tuple[str, str] | None:
    """(run, backbone) whose turn it is. Each question is answered by one step in an index."""
    runs = connection.execute(
        "SELECT id FROM runs WHERE state='active' ORDER BY priority DESC, created"
    ).fetchall()
    for run in runs:
        waiting: list[tuple[int, bool, int, str]] = []
        backbone: str | None = None
        while True:
            after = "" if backbone is None else " AND backbone>?"
            row = connection.execute(
                "SELECT backbone, priority, id FROM samples WHERE run=? AND status='pending'"
                + after
                + " ORDER BY backbone, priority DESC, id LIMIT 1",
                (run[0],) if backbone is None else (run[0], backbone),
            ).fetchone()
            if row is None:
                break
            backbone = str(row["backbone"])
            waiting.append((-row["priority"], backbone not in prefer, row["id"], backbone))
        if waiting:
            return str(run[0]), min(waiting)[3]
    return None


def renew(db: Database, worker: str, lease_s: float = LEASE_S) -> None:
    """Prolong the leases of all that this worker decides."""
    with db.write() as connection:
        connection.execute(
            "UPDATE samples SET lease=? WHERE worker=? AND status='running'",
            (time.time() + lease_s, worker),
        )


def release(db: Database, worker: str, samples: Iterable[int]) -> None:
    """Give samples back to the queue, undecided; their live text goes."""
    with db.write() as connection:
        for sample in samples:
            given = connection.execute(
                "UPDATE samples SET status='pending', worker=NULL, lease=NULL, cancel=0"
                " WHERE id=? AND worker=? AND status='running'",
                (sample, worker),
            )
            if given.rowcount:
                connection.execute("DELETE FROM live WHERE sample=?", (sample,))


def reclaim(db: Database, dead_workers: Iterable[str] = ()) -> int:
    """Put back what no living worker holds: leases that ended, and those of `dead_workers`."""
    now = time.time()
    dead = list(dead_workers)
    marks = ",".join("?" * len(dead))
    where = f"status='running' AND (lease < ? OR lease IS NULL OR worker IN ({marks}))"
    if not db.read(f"SELECT 1 FROM samples WHERE {where} LIMIT 1", (now, *dead)):
        return 0
    with db.write() as connection:
        rows = connection.execute(
            "UPDATE samples SET status='pending', worker=NULL, lease=NULL"
            f" WHERE {where} RETURNING id",
            (now, *dead),
        ).fetchall()
        connection.executemany("DELETE FROM live WHERE sample=?", [(int(row[0]),) for row in rows])
    return len(rows)


def cancel(db: Database, samples: Iterable[int]) -> None:
    """Ask for samples to be stopped; each ends as failed with kind 'cancelled'."""
    with db.write() as connection:
        for sample in samples:
            connection.execute("UPDATE samples SET cancel=1 WHERE id=?", (sample,))


def orders(db: Database, worker: str) -> dict[int, str]:
    """What is wanted of each sample that this worker holds: 'go', 'cancel' or 'release'.

    A sample that is missing (its run was deleted, its lease lost) is to be dropped.
    """
    rows = db.read(
        "SELECT s.id, s.cancel, r.state FROM samples s JOIN runs r ON r.id=s.run"
        " WHERE s.worker=? AND s.status='running'",
        (worker,),
    )
    return {
        int(row["id"]): "cancel"
        if row["cancel"]
        else "release"
        if row["state"] == "stopped"
        else "go"
        for row in rows
    }


def _close(
    connection: sqlite3.Connection, claimed: Claimed, worker: str, status: str
) -> float | None:
    """Mark the sample as ended if this worker still holds it; when it was started."""
    row = connection.execute(
        "UPDATE samples SET status=?, lease=NULL WHERE id=? AND worker=? AND attempt=?"
        " AND status='running' RETURNING started",
        (status, claimed.id, worker, claimed.attempt),
    ).fetchone()
    if row is None:
        return None
    connection.execute("DELETE FROM live WHERE sample=?", (claimed.id,))
    return float(row[0])


def _text(connection: sqlite3.Connection, body: str) -> str:
    digest = content_hash(body)
    connection.execute("INSERT OR IGNORE INTO texts VALUES (?,?)", (digest, body))
    return digest


def finish(
    db: Database,
    worker: str,
    claimed: Claimed,
    decision: Decision,
    choice_text: str,
    scores: Mapping[str, Score],
    latency_s: float,
) -> bool:
    """Write a decision with all that is needed to check it; False when the lease was lost."""
    generations = [response.generation for response in decision.responses]
    with db.write() as connection:
        started = _close(connection, claimed, worker, "done")
        if started is None:
            return False
        connection.execute(
            "INSERT INTO results (sample, finished, started, worker, choice, choice_text,"
            " reasoning, probabilities, votes, notes, latency_s, first_token_s, tokens)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                claimed.id,
                time.time(),
                started,
                worker,
                decision.choice,
                choice_text,
                decision.reasoning,
                json.dumps(decision.probabilities) if decision.probabilities else None,
                json.dumps(decision.votes) if decision.votes else None,
                json.dumps(list(decision.notes)),
                latency_s,
                min((g.first_token_s for g in generations), default=None),
                sum(g.tokens for g in generations),
            ),
        )
        connection.executemany(
            "INSERT INTO scores VALUES (?,?,?,?,?,?,?)",
            [
                (
                    claimed.id,
                    claimed.run,
                    claimed.profile,
                    target,
                    None if score.correct is None else int(score.correct),
                    int(score.discriminating),
                    score.distance,
                )
                for target, score in scores.items()
            ],
        )
        _insert_responses(connection, claimed.id, decision)
    return True


def _insert_responses(connection: sqlite3.Connection, sample: int, decision: Decision) -> None:
    for idx, response in enumerate(decision.responses):
        made = response.generation
        messages = canonical([asdict(message) for message in response.messages])
        connection.execute(
            "INSERT INTO responses VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                sample,
                idx,
                response.role,
                response.choice,
                response.reasoning,
                made.text,
                _text(connection, made.prompt),
                _text(connection, messages),
                _text(connection, json.dumps(response.schema, ensure_ascii=False)),
                canonical(asdict(response.sampling)),
                made.prompt_tokens,
                made.tokens,
                made.first_token_s,
                made.total_s,
                made.finish,
                int(response.retried),
                json.dumps([[round(t, 3), n] for t, n in made.timeline]),
            ),
        )


def fail(
    db: Database, worker: str, claimed: Claimed, kind: str, message: str, latency_s: float
) -> bool:
    """Write that a sample failed, and why; False when the lease was lost."""
    with db.write() as connection:
        started = _close(connection, claimed, worker, "failed")
        if started is None:
            return False
        connection.execute(
            "INSERT INTO results (sample, finished, started, worker, latency_s, error_kind,"
            " error_message) VALUES (?,?,?,?,?,?,?)",
            (
                claimed.id,
                time.time(),
                started,
                worker,
                latency_s if math.isfinite(latency_s) else 0.0,
                kind,
                message,
            ),
        )
    return True
