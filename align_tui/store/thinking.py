"""Read the thinking of models, which is stored in front of each reply and counted apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from align_tui.core.replies import split_thinking
from align_tui.store.database import Database


@dataclass(frozen=True, slots=True)
class Thought:
    """The thinking for one sample.

    `text`, of `tokens` tokens, comes before the reply whose reasoning the decision has. `total`
    counts the thinking tokens of all replies of the sample.
    """

    text: str
    tokens: int
    total: int


def thoughts_of(db: Database, samples: Sequence[int]) -> dict[int, Thought]:
    """The thinking by sample; a sample whose model did not think is left out."""
    found: dict[int, list[tuple[bool, str, int]]] = {}
    for start in range(0, len(samples), 500):
        part = samples[start : start + 500]
        marks = ",".join("?" * len(part))
        for row in db.read(
            "SELECT p.sample, p.raw, p.thinking_tokens, p.reasoning = r.reasoning AS decided"
            " FROM responses p JOIN results r ON r.sample=p.sample"
            f" WHERE p.sample IN ({marks})"
            " AND (p.thinking_tokens > 0 OR substr(p.raw, 1, 1) = char(2))"
            " ORDER BY p.sample, p.idx",
            part,
        ):
            text = split_thinking(row["raw"])[0].strip()
            if text:
                each = (bool(row["decided"]), text, int(row["thinking_tokens"]))
                found.setdefault(row["sample"], []).append(each)
    return {sample: _thought(replies) for sample, replies in found.items()}


def _thought(replies: Sequence[tuple[bool, str, int]]) -> Thought:
    _, text, tokens = next((each for each in replies if each[0]), replies[0])
    return Thought(text, tokens, sum(each[2] for each in replies))


def token_shares(db: Database, run: str) -> dict[int, tuple[int, int]]:
    """(tokens, thinking tokens among them) of all the run's replies, by profile."""
    return {
        row["profile"]: (row["tokens"], row["thinking"])
        for row in db.read(
            "SELECT s.profile, sum(p.tokens) AS tokens, sum(p.thinking_tokens) AS thinking"
            " FROM responses p JOIN samples s ON s.id=p.sample WHERE s.run=? GROUP BY s.profile",
            (run,),
        )
    }
