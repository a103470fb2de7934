"""Full-text search over the reasoning of all runs."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from align_tui.store.database import Database
from align_tui.store.runs import KEPT

BEGIN, END = "\x02", "\x03"  # around a match: no shown reasoning has control characters
EXCERPT_TOKENS = 28


@dataclass(frozen=True, slots=True)
class Hit:
    """A decision whose reasoning matches, with an excerpt around the match.

    `parts` are the excerpt's pieces as (text, True if it matches).
    """

    seq: int
    run: str
    sample: int
    scenario: int
    profile: int
    repeat: int
    parts: tuple[tuple[str, bool], ...]


def match_expression(query: str) -> str:
    """An FTS5 expression of the query's words; quotes keep any FTS5 syntax out."""
    words = re.findall(r"\w+", query, re.UNICODE)
    return " ".join(
        f'"{word}"' + ("*" if i == len(words) - 1 else "") for i, word in enumerate(words)
    )


def matched_parts(text: str) -> tuple[tuple[str, bool], ...]:
    """Split an excerpt into (text, True if it stood between `BEGIN` and `END`)."""
    parts: list[tuple[str, bool]] = []
    inside = False
    for piece in re.split(f"([{BEGIN}{END}])", text):
        if piece in (BEGIN, END):
            inside = piece == BEGIN
        elif piece:
            parts.append((piece, inside))
    return tuple(parts)


def search(
    db: Database,
    query: str,
    *,
    run: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Hit]:
    """A page of decisions (of one run, or of all) whose reasoning has all the query's words.

    The newest come first. `before` is the `seq` of the last hit of the page above. The search
    leaves out runs in the trash. Raises StoreError.
    """
    expression = match_expression(query)
    if not expression:
        return []
    rows = db.read(
        "SELECT f.rowid AS seq, s.run, s.id AS sample, s.scenario, s.profile, s.repeat,"
        " snippet(results_fts, 0, ?, ?, '…', ?) AS excerpt FROM results_fts f"
        " JOIN results r ON r.seq=f.rowid JOIN samples s ON s.id=r.sample"
        f" WHERE results_fts MATCH ? AND f.rowid < ? AND (? IS NULL OR s.run = ?)"
        f" AND s.run IN (SELECT id FROM runs WHERE {KEPT})"
        " ORDER BY f.rowid DESC LIMIT ?",
        (
            BEGIN,
            END,
            EXCERPT_TOKENS,
            expression,
            before if before is not None else 2**62,
            run,
            run,
            limit,
        ),
    )
    return [
        Hit(
            seq=row["seq"],
            run=row["run"],
            sample=row["sample"],
            scenario=row["scenario"],
            profile=row["profile"],
            repeat=row["repeat"],
            parts=matched_parts(row["excerpt"]),
        )
        for row in rows
    ]


def count(db: Database, query: str, *, run: str | None = None) -> int:
    """The number of decisions that `search` finds on all its pages. Raises StoreError."""
    expression = match_expression(query)
    if not expression:
        return 0
    row = db.one(
        "SELECT count(*) FROM results_fts f JOIN results r ON r.seq=f.rowid"
        " JOIN samples s ON s.id=r.sample WHERE results_fts MATCH ? AND (? IS NULL OR s.run = ?)"
        f" AND s.run IN (SELECT id FROM runs WHERE {KEPT})",
        (expression, run, run),
    )
    return int(row[0]) if row is not None else 0


def count_among(db: Database, query: str, samples: Collection[int]) -> int:
    """How many of these samples have all the query's words in their reasoning."""
    expression = match_expression(query)
    if not expression or not samples:
        return 0
    row = db.one(
        "SELECT count(*) FROM results_fts f JOIN results r ON r.seq=f.rowid"
        " WHERE results_fts MATCH ? AND r.sample IN (SELECT value FROM json_each(?))",
        (expression, json.dumps(list(samples))),
    )
    return int(row[0]) if row is not None else 0


def names_of(db: Database, hits: Sequence[Hit]) -> dict[int, tuple[str, str, str]]:
    """(run's name, scenario's key, profile's name) by `seq`; hits of deleted runs are left out."""
    where = json.dumps([[hit.seq, hit.run, hit.scenario, hit.profile] for hit in hits])
    rows = db.read(
        "SELECT json_extract(h.value, '$[0]'), r.name, c.key, p.name FROM json_each(?) h"
        " JOIN runs r ON r.id = json_extract(h.value, '$[1]')"
        " JOIN run_scenarios c ON c.run = r.id AND c.idx = json_extract(h.value, '$[2]')"
        " JOIN run_profiles p ON p.run = r.id AND p.idx = json_extract(h.value, '$[3]')",
        (where,),
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}
