"""Write how samples end (decided, failed or given back), many in one transaction."""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from align_tui.core.decisions import Attempt, Decision, Response
from align_tui.core.replies import reasoning_so_far
from align_tui.core.scorers.base import Score
from align_tui.core.types import canonical, content_hash
from align_tui.store.basis import basis_rows
from align_tui.store.database import Database
from align_tui.store.orders import halves_json, shown_json


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claimed sample: this worker may decide it as long as its heartbeat goes on."""

    id: int
    run: str
    scenario: int
    profile: int
    repeat: int
    backbone: str
    attempt: int
    priority: int = 0

    @property
    def key(self) -> tuple[int, int]:
        """(sample, attempt): a worker that lost a sample may claim it again later."""
        return (self.id, self.attempt)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with its scores by target id and the seconds that it took."""

    claimed: Claimed
    decision: Decision
    choice_text: str
    scores: Mapping[str, Score]
    latency_s: float


@dataclass(frozen=True, slots=True)
class Failed:
    """A sample that failed, why, and the replies that a model wrote for it.

    `traceback` belongs to an unforeseen error (core/text/tracebacks.py); it is empty otherwise.
    """

    claimed: Claimed
    kind: str
    message: str
    latency_s: float
    attempts: tuple[Attempt, ...] = ()
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Released:
    """A sample that goes back to the queue undecided."""

    claimed: Claimed


Outcome = Decided | Failed | Released
_Rows = list[tuple[str, tuple[object, ...]]]


def end_all(db: Database, worker: str, outcomes: Sequence[Outcome]) -> list[bool]:
    """Write outcomes; for each sample False if this worker no longer holds it. Raises StoreError.

    One transaction takes all of them: several workers lose more time to turns than to writing. So
    the rows are also prepared before it.
    """
    prepared = [_rows(worker, outcome) for outcome in outcomes]
    with db.write() as connection:
        return [
            _end(connection, worker, outcome, rows)
            for outcome, rows in zip(outcomes, prepared, strict=True)
        ]


def _end(connection: sqlite3.Connection, worker: str, outcome: Outcome, rows: _Rows) -> bool:
    claimed = outcome.claimed
    if isinstance(outcome, Released):
        held = connection.execute(
            "UPDATE samples SET status='pending', worker=NULL"
            " WHERE id=? AND worker=? AND attempt=? AND status='running'",
            (claimed.id, worker, claimed.attempt),
        ).rowcount
    else:
        held = connection.execute(
            "UPDATE samples SET status=? WHERE id=? AND worker=? AND attempt=?"
            " AND status='running'",
            (
                "done" if isinstance(outcome, Decided) else "failed",
                claimed.id,
                worker,
                claimed.attempt,
            ),
        ).rowcount
    if not held:
        return False
    connection.execute("DELETE FROM live WHERE sample=?", (claimed.id,))
    for sql, values in rows:
        connection.execute(sql, values)
    return True


def _rows(worker: str, outcome: Outcome) -> _Rows:
    """The statements that write an outcome."""
    if isinstance(outcome, Decided):
        return _decided(worker, outcome)
    if isinstance(outcome, Failed):
        return _failed(worker, outcome)
    return []


CLOCK_S = 5.0  # a larger difference means that somebody set the wall clock meanwhile
# A sample begins at the time of day of its claim. If somebody set the clock since, this takes the
# end minus the latency (of a monotonic clock): else a replay could wait for a day, or go back.
STARTED = f"CASE WHEN abs(? - started) > {CLOCK_S} THEN ? ELSE started END"
_FAILED = (
    "INSERT INTO results (sample, finished, started, worker, latency_s, tokens, error_kind,"
    f" error_message, traceback) SELECT id, ?, {STARTED}, ?, ?, ?, ?, ?, ? FROM samples WHERE id=?"
)
_DECIDED = (
    "INSERT INTO results (sample, finished, started, worker, choice, choice_text, reasoning,"
    " probabilities, votes, notes, latency_s, first_token_s, tokens, shown, halves)"
    f" SELECT id, ?, {STARTED}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM samples WHERE id=?"
)


def _failed(worker: str, failed: Failed) -> _Rows:
    sample = failed.claimed.id
    latency = failed.latency_s if math.isfinite(failed.latency_s) else 0.0
    tokens = sum(attempt.generation.tokens for attempt in failed.attempts)
    now = time.time()
    began = (now - latency, now - latency)
    why = (failed.kind, failed.message, failed.traceback or None)
    rows: _Rows = [(_FAILED, (now, *began, worker, latency, tokens, *why, sample))]
    for idx, attempt in enumerate(failed.attempts):
        reasoning = reasoning_so_far(attempt.generation.text)
        rows += _reply(sample, idx, attempt, "failed", None, reasoning)
    return rows


def _decided(worker: str, decided: Decided) -> _Rows:
    decision, claimed = decided.decision, decided.claimed
    generations = [response.generation for response in decision.responses]
    now = time.time()
    rows: _Rows = [
        (
            _DECIDED,
            (
                now,
                now - decided.latency_s,
                now - decided.latency_s,
                worker,
                decision.choice,
                decided.choice_text,
                decision.reasoning,
                json.dumps(decision.probabilities, allow_nan=False)
                if decision.probabilities
                else None,
                json.dumps(decision.votes, allow_nan=False) if decision.votes else None,
                json.dumps(list(decision.notes)),
                decided.latency_s,
                min((g.first_token_s for g in generations), default=None),
                sum(g.tokens for g in generations),
                shown_json(decision.shown),
                halves_json(decision),
                claimed.id,
            ),
        )
    ]
    rows += [
        (
            "INSERT INTO scores VALUES (?,?,?,?,?,?,?)",
            (
                claimed.id,
                claimed.run,
                claimed.profile,
                target,
                None if score.correct is None else int(score.correct),
                int(score.discriminating),
                score.distance,
            ),
        )
        for target, score in decided.scores.items()
    ]
    for idx, response in enumerate(decision.responses):
        rows += _reply(
            claimed.id, idx, response, response.role, response.choice, response.reasoning
        )
    return rows + basis_rows(claimed.id, decision)


def _reply(
    sample: int,
    idx: int,
    response: Response | Attempt,
    role: str,
    choice: int | None,
    reasoning: str,
) -> _Rows:
    made = response.generation
    order = response.order if isinstance(response, Response) else None
    texts = (
        made.prompt,
        canonical([asdict(message) for message in response.messages]),
        json.dumps(response.schema, ensure_ascii=False),
    )
    hashes = tuple(content_hash(text) for text in texts)
    rows: _Rows = [
        ("INSERT OR IGNORE INTO texts VALUES (?,?)", pair)
        for pair in zip(hashes, texts, strict=True)
    ]
    rows.append(
        (
            "INSERT INTO responses (sample, idx, role, choice, reasoning, raw, prompt, messages,"
            " schema, sampling, prompt_tokens, tokens, first_token_s, total_s, finish, retried,"
            " timeline, thinking_tokens, choice_order, fingerprint)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                sample,
                idx,
                role,
                choice,
                reasoning,
                made.text,
                *hashes,
                canonical(asdict(response.sampling)),
                made.prompt_tokens,
                made.tokens,
                made.first_token_s,
                made.total_s,
                made.finish,
                int(response.retried),
                _timeline(made.timeline),
                made.thinking_tokens,
                json.dumps(order) if order is not None else None,
                made.fingerprint or None,
            ),
        )
    )
    return rows


def _timeline(timeline: Sequence[tuple[float, int]]) -> str:
    """JSON of (seconds to the millisecond, characters); json.dumps is slow for a pair a token."""
    return "[" + ",".join([f"[{t:.3f},{n}]" for t, n in timeline]) + "]"
