"""Alignment accuracy over many decisions: rates and their Wilson intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from align_tui.core.scorers.base import Score
from align_tui.core.stats.clusters import Asked, Method, Z, cluster_mean, wilson_interval


@dataclass(frozen=True, slots=True)
class Rate:
    """The accuracy over `scored` decisions, of which `correct` are right, with its 95 % interval.

    `accuracy`, `low` and `high` are 0..1, and None if nothing is scored. Where repeats of a
    question are averaged first, `accuracy` is the mean over `questions`; `clusters` of them are
    taken as independent, and `method` says how the interval was made. `se` is the standard error.
    """

    scored: int
    correct: int
    accuracy: float | None
    low: float | None
    high: float | None
    questions: int = 0
    clusters: int = 0
    method: Method = "none"
    se: float | None = None


def wilson(correct: int, scored: int, z: float = Z) -> tuple[float, float]:
    """Wilson score interval of a proportion (E. B. Wilson 1927), both ends in 0..1."""
    if scored <= 0:
        raise ValueError("an interval needs at least one scored decision")
    return wilson_interval(correct / scored, scored, z)


def make_rate(correct: int, scored: int) -> Rate:
    """The rate of `correct` in `scored` independent decisions; all None when nothing is scored."""
    if scored == 0:
        return Rate(0, 0, None, None, None)
    low, high = wilson(correct, scored)
    # As `clusters.standard_error` has it; of integers, so that it is the same wherever it is made.
    square = correct * (scored - correct) / (scored**2 * (scored - 1)) if scored > 1 else None
    se = None if square is None else math.sqrt(square)
    return Rate(scored, correct, correct / scored, low, high, scored, scored, "wilson", se)


def clustered_rate(asked: Iterable[Asked]) -> Rate:
    """The rate over questions whose values are 1 (right) or 0; all None when nothing is scored."""
    known = [each for each in asked if each.times]
    found = cluster_mean(known)
    if found is None:
        return Rate(0, 0, None, None, None)
    return Rate(
        sum(each.times for each in known),
        round(math.fsum(each.total for each in known)),
        found.mean,
        found.low,
        found.high,
        found.questions,
        found.clusters,
        found.method,
        found.se,
    )


def rate(scores: Iterable[Score], *, discriminating: bool = False) -> Rate:
    """The accuracy over the scored decisions, or over the discriminating ones alone."""
    kept = [s for s in scores if s.correct is not None and (s.discriminating or not discriminating)]
    return make_rate(sum(s.correct is True for s in kept), len(kept))
