"""The mean of several accuracies, each counted once however many decisions it has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from align_tui.core.stats.clusters import Asked, deviations
from align_tui.core.stats.paired_clusters import correlation
from align_tui.core.stats.rates import Rate, clustered_rate

Matrix = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of `of` accuracies, with a 95 % interval (all in 0..1)."""

    of: int
    accuracy: float
    low: float
    high: float


def mean_of(rates: Sequence[Rate], correlations: Matrix | None = None) -> Mean | None:
    """The unweighted mean of the rates that have decisions; None if none has.

    The interval combines the rates' own intervals by MOVER, the method of variance estimates
    recovery (A. Donner, G. Y. Zou, Statistical Methods in Medical Research 21, 2012): with
    k rates p_i in l_i..u_i, it begins at mean - sqrt(sum (p_i - l_i)^2) / k and ends at
    mean + sqrt(sum (u_i - p_i)^2) / k. With `correlations` r_ij of the rates (one row and one
    column for each), the sum under the root is that of r_ij (p_i - l_i)(p_j - l_j) over all i
    and j (G. Y. Zou, A. Donner, Statistics in Medicine 27, 2008).
    """
    known = [
        (place, rate.accuracy, rate.low, rate.high)
        for place, rate in enumerate(rates)
        if rate.accuracy is not None and rate.low is not None and rate.high is not None
    ]
    if not known:
        return None
    count = len(known)
    mean = math.fsum(p for _, p, _, _ in known) / count
    below = _reach([(place, p - low) for place, p, low, _ in known], correlations) / count
    above = _reach([(place, high - p) for place, p, _, high in known], correlations) / count
    return Mean(count, mean, max(0.0, mean - below), min(1.0, mean + above))


def _reach(sides: Sequence[tuple[int, float]], correlations: Matrix | None) -> float:
    parts = [side * side for _, side in sides]
    if correlations is not None:
        parts += [
            2 * correlations[a][b] * one * other
            for number, (a, one) in enumerate(sides)
            for b, other in sides[:number]
        ]
    return math.sqrt(math.fsum(parts))


def correlations_of(groups: Sequence[Sequence[Asked]]) -> Matrix:
    """The correlation (0..1) of the means of every two groups of questions, by their clusters.

    A cluster may have questions in several groups: 22 of MTA's 62 records are about two
    attributes. A negative correlation counts as 0: of two clusters it is always 1 or -1, and then
    the interval of the mean would vanish.
    """
    known = [[each for each in group if each.times] for group in groups]
    sums = [
        deviations([each.mean for each in group], [each.cluster for each in group]) if group else {}
        for group in known
    ]
    return [[max(0.0, correlation(a, b)) for b in sums] for a in sums]


def macro_mean(groups: Sequence[Sequence[Asked]]) -> Mean | None:
    """The unweighted mean of the means of several groups of questions; None without a question.

    A group holds the questions of one attribute; clusters may be in several.
    """
    return mean_of([clustered_rate(group) for group in groups], correlations_of(groups))
