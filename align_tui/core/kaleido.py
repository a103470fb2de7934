"""Kaleido's method: estimates from ratings of statements, and which generated ones to keep.

Kaleido (Sorensen et al., Value Kaleidoscope, AAAI 2024) writes values, rights and duties that bear
on an action, and rates each by relevance and valence. The thresholds, the two ways of merging
statements that say the same, and the overall valence are those of its authors' program, which
align-system carries (commit 6d59f0d, `algorithms/lib/kaleido.py`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, get_args

from align_tui.core.statements import Statement, StatementKind, StatementRating
from align_tui.core.text.word_overlap import OverlapMeasure, overlap

KINDS: Final[tuple[StatementKind, ...]] = get_args(StatementKind)
Thresholds: TypeAlias = float | Mapping[StatementKind, float]
"""One threshold (0..1) for every kind of statement, or one for each kind that is named."""
_MEASURES: Final = ("fmeasure", "precision", "recall")
_PREFIXES: Final = ("Right to ", "Duty to ")


@dataclass(frozen=True, slots=True)
class RatedStatement:
    """A statement and its rating for one action."""

    statement: Statement
    rating: StatementRating


_PARTS: tuple[tuple[str, StatementKind], ...] = (
    ("value", "value"),
    ("right", "right"),
    ("dut", "duty"),
)


def kind_of(word: str) -> StatementKind:
    """The kind of statement that a word of the model names, in any case (`Value`, `Duties`).

    A text that names several is the first of value, right and duty. Raises ValueError for others.
    """
    folded = word.lower()
    for part, kind in _PARTS:
        if part in folded:
            return kind
    raise ValueError(f"{word[:40]!r} names no value, right or duty")


def candidate_of(text: str) -> tuple[str, str]:
    """(word for the kind, statement) of a text such as `Value: Kindness`.

    A further colon and blank ends the statement. Raises ValueError for a text without one.
    """
    parts = text.split(": ")
    if len(parts) < 2:
        raise ValueError(f"{text[:60]!r} is not a kind and a statement with a colon between them")
    return parts[0], parts[1]


def statement_of(text: str) -> Statement:
    """The statement that a model wrote, such as `Value: Kindness`; raises ValueError."""
    word, statement = candidate_of(text)
    if not statement.strip():
        raise ValueError(f"{text[:60]!r} has no statement behind its colon")
    return Statement(kind_of(word), statement.strip())


def estimate(rating: StatementRating) -> float:
    """How much an action expresses a statement (0..1): supports, and half of either."""
    return (10.0 * rating.supports + 5.0 * rating.either) / 10.0


def relevant(
    rated: Sequence[RatedStatement], thresholds: Thresholds, defaults: Mapping[StatementKind, float]
) -> list[int]:
    """The indices of the statements whose relevance reaches the threshold of their kind.

    A kind that `thresholds` does not name takes that of `defaults`, and without one 0. Raises
    ValueError for an unknown kind.
    """
    least = _by_kind(thresholds, defaults)
    return [
        index
        for index, each in enumerate(rated)
        if each.rating.relevance >= least[each.statement.kind]
    ]


def merge_by_words(
    rated: Sequence[RatedStatement],
    threshold: float | Mapping[str, float],
    *,
    across_kinds: bool = False,
    measure: OverlapMeasure = "rougeL",
) -> list[int]:
    """The indices of statements that share few words, the most relevant first.

    Of two that overlap the less relevant one is left out. They overlap if F-measure, precision or
    recall exceeds its threshold; with a table (`fmeasure` or `f1`, `precision`, `recall`), a
    measure that it does not name is not looked at (align-system raises an error there). `Right to`
    and `Duty to` at the beginning do not count. Raises ValueError for an unknown measure.
    """
    limits = _limits(threshold)
    texts = [_bare(each.statement.text) for each in rated]

    def alike(one: int, other: int) -> bool:
        found = overlap(texts[one], texts[other], measure)
        return any(getattr(found, name) > limit for name, limit in limits.items())

    return _merged(rated, alike, across_kinds=across_kinds)


def merge_by_vectors(
    rated: Sequence[RatedStatement],
    vectors: Sequence[Sequence[float]],
    thresholds: Thresholds,
    *,
    defaults: Mapping[StatementKind, float] | None = None,
    across_kinds: bool = False,
) -> list[int]:
    """The indices of statements whose vectors differ, the most relevant first.

    Of two whose cosine similarity exceeds the threshold of the less relevant one's kind, that one
    is left out. Vectors may have any length; one of length 0 is like no other. A kind without a
    threshold is never left out. Raises ValueError for an unknown kind.
    """
    limits = _by_kind(thresholds, defaults or {}, missing=math.inf)

    def alike(one: int, other: int) -> bool:
        return cosine(vectors[one], vectors[other]) > limits[rated[one].statement.kind]

    return _merged(rated, alike, across_kinds=across_kinds)


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of the angle between two vectors; 0 if one of them has length 0."""
    lengths = math.hypot(*one) * math.hypot(*other)
    products = math.fsum(a * b for a, b in zip(one, other, strict=True))
    return products / lengths if lengths else 0.0


def overall_valence(rated: Sequence[StatementRating]) -> tuple[float, float, float]:
    """(supports, opposes, either) of an action over all its statements; they sum to 1.

    Each statement counts by its relevance. Without any relevance the valence is `either`.
    """
    sums = [
        math.fsum(each.relevance * value for each, value in zip(rated, column, strict=True))
        for column in (
            [each.supports for each in rated],
            [each.opposes for each in rated],
            [each.either for each in rated],
        )
    ]
    total = math.fsum(sums)
    if total <= 0.0:
        return 0.0, 0.0, 1.0
    supports, opposes, either = (each / total for each in sums)
    return supports, opposes, either


def _merged(
    rated: Sequence[RatedStatement],
    alike: Callable[[int, int], bool],
    *,
    across_kinds: bool,
) -> list[int]:
    """Keep each statement, the most relevant first, that no kept one is `alike` to."""
    order = sorted(range(len(rated)), key=lambda index: -rated[index].rating.relevance)
    kept: list[int] = []
    for index in order:
        kind = rated[index].statement.kind
        beside = (each for each in kept if across_kinds or rated[each].statement.kind == kind)
        if not any(alike(index, each) for each in beside):
            kept.append(index)
    return kept


def _by_kind(
    thresholds: Thresholds, defaults: Mapping[StatementKind, float], missing: float = 0.0
) -> dict[StatementKind, float]:
    if not isinstance(thresholds, Mapping):
        return dict.fromkeys(KINDS, float(thresholds))
    unknown = sorted(set(thresholds) - set(KINDS))
    if unknown:
        raise ValueError(f"there is no kind of statement {unknown[0]!r}: {', '.join(KINDS)}")
    return {kind: thresholds.get(kind, defaults.get(kind, missing)) for kind in KINDS}


def _limits(threshold: float | Mapping[str, float]) -> dict[str, float]:
    if not isinstance(threshold, Mapping):
        return dict.fromkeys(_MEASURES, float(threshold))
    named = {"fmeasure" if key == "f1" else key: value for key, value in threshold.items()}
    unknown = sorted(set(named) - set(_MEASURES))
    if unknown:
        raise ValueError(f"there is no measure {unknown[0]!r}: {', '.join(_MEASURES)}")
    return named


def _bare(text: str) -> str:
    for prefix in _PREFIXES:
        if text.startswith(prefix):
            return text[len(prefix) :]
    return text
