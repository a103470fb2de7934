"""Full-text search over the reasoning of all runs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from align_tui.store.database import Database


@dataclass(frozen=True, slots=True)
class Hit:
    """A decision whose reasoning matches; `start`..`end` are the matches in `excerpt`."""

    seq: int
    run: str
    sample: int
    scenario: int
    profile: int
    excerpt: str


def match_expression(query: str) -> str:
    """An FTS5 expression of the words (each quoted, so that no syntax can be at fault)."""
    words = re.findall(r"\w+", query, re.UNICODE)
    return " ".join(
        f'"{word}"' + ("*" if i == len(words) - 1 else "") for i, word in enumerate(words)
    )


def search(
    db: Database,
    query: str,
    *,
    run: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Hit]:
    """A page of decisions (of one run, or of all) whose reasoning has all the words.

    The newest come first; `before` is the `seq` of the last hit of the page above.
    """
    expression = match_expression(query)
    if not expression:
        return []
    rows = db.read(
        "SELECT r.seq, s.run, r.sample, s.scenario, s.profile, r.reasoning FROM results_fts f"
        " JOIN results r ON r.seq=f.rowid JOIN samples s ON s.id=r.sample"
        " WHERE results_fts MATCH ? AND f.rowid < ? AND (? IS NULL OR s.run = ?)"
        " ORDER BY f.rowid DESC LIMIT ?",
        (expression, before if before is not None else 2**62, run, run, limit),
    )
    return [
        Hit(
            row["seq"], row["run"], row["sample"], row["scenario"], row["profile"], row["reasoning"]
        )
        for row in rows
    ]
