"""Which difference between two columns a study can detect, and what a study needs to detect one.

Two columns decide the same questions. The variance of the mean difference over n questions, each
asked K times, in families of m questions, is

    (between * (1 + ((1 + u) m - 1) * icc) + within / K) / n

with `between` the variance of a question's true difference, `within` that of one repeat around it,
and `icc` how alike the true differences of a family are: E. Miller, arXiv 2411.00640 (2024), on
power analysis, with Kish's design effect for the families (L. Kish, Survey Sampling, 1965), and u
the squared coefficient of variation of family sizes (S. M. Eldridge, D. Ashby, S. Kerry,
International Journal of Epidemiology 35, 2006).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

from align_tui.core.stats.clusters import t_quantile

POWER = 0.8
LEAST_CLUSTERS = 5  # the sign-flip test (mid-p) of fewer cannot reach 5 %: 2^-4 is .06
MOST_QUESTIONS = 1_000_000
MOST_REPEATS = 1_000
SURE = 12.0  # standard errors, from which power is 1
FAR = 5.0  # standard errors, from which the other tail is below 1e-10, and nctdtr may give NaN


@dataclass(frozen=True, slots=True)
class Variation:
    """The variances of a question's difference (see above); `icc` is 0..1."""

    between: float
    within: float
    icc: float = 0.0


@dataclass(frozen=True, slots=True)
class Design:
    """How many questions in how many clusters, each asked how often.

    `unequal` is the squared coefficient of variation of the clusters' sizes.
    """

    questions: int
    clusters: int
    repeats: int = 1
    unequal: float = 0.0


def standard_error(variation: Variation, design: Design) -> float:
    """The expected standard error of the mean difference."""
    size = design.questions / design.clusters
    effect = 1 + max(0.0, (1 + design.unequal) * size - 1) * variation.icc
    variance = variation.between * effect + variation.within / design.repeats
    return math.sqrt(variance / design.questions)


def power_of(difference: float, error: float, clusters: int) -> float:
    """The chance (0..1) that a test at 5 %, two-sided, detects a difference with that error.

    By the noncentral t distribution with C - 1 degrees of freedom; 0 below LEAST_CLUSTERS.
    """
    if clusters < LEAST_CLUSTERS or difference == 0.0:
        return 0.0
    return _power(abs(difference) / error, clusters - 1) if error > 0.0 else 1.0


def _power(away: float, degrees: int) -> float:
    from scipy.special import nctdtr  # it takes a third of a second to load

    if away > SURE:
        return 1.0
    critical = t_quantile(degrees)
    wrong_way = nctdtr(degrees, away, -critical) if away < FAR else 0.0
    return min(1.0, float(1 - nctdtr(degrees, away, critical) + wrong_way))


@lru_cache(maxsize=4096)
def _errors_needed(degrees: int, power: float) -> float:
    """How many standard errors a difference must have to be detected with that power."""
    low, high = 0.0, SURE
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _power(middle, degrees) < power else (low, middle)
    return high


def detectable(error: float | None, clusters: int, power: float = POWER) -> float | None:
    """The smallest difference (0..1) that is detected with that power (80 %) at 5 %, two-sided.

    None if no difference is: with fewer than LEAST_CLUSTERS, or where it would be above 1. Also
    None without an error, or with one of 0: a difference that is always the same does not tell
    how it varies.
    """
    if error is None or error <= 0.0 or clusters < LEAST_CLUSTERS:
        return None
    found = _errors_needed(clusters - 1, power) * error
    return found if found <= 1.0 else None


def questions_needed(
    variation: Variation, difference: float, design: Design, power: float = POWER
) -> Design | None:
    """The smallest study that detects the difference, with families and repeats of `design`.

    None where even MOST_QUESTIONS are too few.
    """
    size = design.questions / design.clusters

    def grown(clusters: int) -> Design:
        return replace(design, questions=max(1, round(clusters * size)), clusters=clusters)

    def enough(clusters: int) -> bool:
        error = standard_error(variation, grown(clusters))
        return power_of(difference, error, clusters) >= power

    found = _least(enough, LEAST_CLUSTERS, max(LEAST_CLUSTERS, int(MOST_QUESTIONS / size)))
    return grown(found) if found is not None else None


def repeats_needed(
    variation: Variation, difference: float, design: Design, power: float = POWER
) -> int | None:
    """How often to ask these questions; None where no number up to MOST_REPEATS is enough."""

    def enough(repeats: int) -> bool:
        error = standard_error(variation, replace(design, repeats=repeats))
        return power_of(difference, error, design.clusters) >= power

    return _least(enough, 1, MOST_REPEATS)


def _least(enough: Callable[[int], bool], low: int, high: int) -> int | None:
    """The least number from low to high that is enough; a larger one is enough, too."""
    if not enough(high):
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def assumed_variation(
    accuracy: float,
    difference: float,
    *,
    within: float = 0.0,
    correlation: float = 0.5,
    icc: float = 0.0,
) -> Variation:
    """The variances of two columns with the accuracies `accuracy` and `accuracy` + `difference`.

    (Or - `difference`, where + leaves 0..1.) `within` is the share (0..1) of a decision's variance
    that comes from sampling and not from the question: 0 is a greedy model. `correlation` (-1..1)
    is that of the columns' chances to be right, over questions.
    """
    other = accuracy + difference
    if not 0.0 <= other <= 1.0:
        other = accuracy - difference
    one, two = accuracy * (1 - accuracy), other * (1 - other)
    noise = within * (one + two)
    between = (1 - within) * (one + two - 2 * correlation * math.sqrt(one * two))
    # Decisions are right or wrong, so that the columns differ at least this often.
    least = abs(other - accuracy) * (1 - abs(other - accuracy))
    return Variation(max(between, least - noise, 0.0), noise, icc)
