"""The columns of the table of samples: their names, types and order.

docs/formats.md lists them; a test compares both. Names and types stay from version to version, and
new columns come at the end of `COLUMNS`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

FORMAT = "align-tui/samples/1"

Type = Literal["text", "integer", "number", "boolean", "time", "integers", "numbers", "json"]
"""`time` is a moment (UTC), `json` any JSON value; `integers` and `numbers` are lists."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; any cell may be null."""

    name: str
    type: Type


_TYPES: tuple[tuple[Type, str], ...] = (
    ("text", "run profile model scenario"),
    ("integer", "repeat"),
    ("text", "target"),
    ("integer", "choice"),
    ("text", "choice_text"),
    ("boolean", "correct"),
    ("number", "distance"),
    ("boolean", "discriminating"),
    ("number", "probability latency_s"),
    ("integer", "tokens thinking_tokens"),
    ("text", "error reasoning thinking answer_kind answer_text ranking_function ranking_measure"),
    ("numbers", "ranking_scores"),
    ("integer", "tied"),
    ("text", "tie_break"),
    ("json", "predictions relevance steps examples"),
    ("integers", "order"),
    ("json", "orders"),
    # Up to here the columns of version 0.1 and those that came after it, in their order.
    ("text", "error_message kind profile_target family cluster"),
    ("integer", "choices seed"),
    ("numbers", "probabilities votes"),
    ("boolean", "cut retried"),
    ("integer", "calls prompt_tokens"),
    ("number", "queued_s reading_s writing_s"),
    ("time", "started finished"),
    ("json", "notes"),
)

COLUMNS = tuple(Column(name, type_) for type_, names in _TYPES for name in names.split())
"""The columns that every run has."""

SCORES: tuple[tuple[str, Type], ...] = (
    ("correct", "boolean"),
    ("distance", "number"),
    ("discriminating", "boolean"),
)
"""The parts of a score, and their types."""


def score_column(part: str, target: str) -> str:
    """The name of the column of one part of the scores under one target: `correct[merit=1.0]`."""
    return f"{part}[{target}]"


def columns_for(targets: Iterable[str]) -> tuple[Column, ...]:
    """All columns of a run whose study has these target ids: three more for each."""
    return (
        *COLUMNS,
        *(
            Column(score_column(part, target), type_)
            for target in targets
            for part, type_ in SCORES
        ),
    )
