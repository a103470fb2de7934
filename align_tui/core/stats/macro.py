"""The mean of several accuracies, each counted once however many decisions it has."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from align_tui.core.stats.clusters import Asked, cluster_mean, deviations, standard_error
from align_tui.core.stats.paired_clusters import correlation
from align_tui.core.stats.rates import Rate


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of `of` accuracies, with a 95 % interval (all in 0..1)."""

    of: int
    accuracy: float
    low: float
    high: float


def mean_of(rates: Sequence[Rate], wider: float = 1.0) -> Mean | None:
    """The unweighted mean of the rates that have decisions; None if none has.

    The interval combines the rates' own Wilson intervals by MOVER, the method of variance
    estimates recovery (Donner and Zou, Statistical Methods in Medical Research 21, 2012): with
    k rates p_i in l_i..u_i, it goes from mean - sqrt(sum (p_i - l_i)^2) / k to
    mean + sqrt(sum (u_i - p_i)^2) / k. It takes the rates as independent of each other; `wider`
    multiplies both reaches where they are not (see `dependence`).
    """
    known = [
        (rate.accuracy, rate.low, rate.high)
        for rate in rates
        if rate.accuracy is not None and rate.low is not None and rate.high is not None
    ]
    return _combined(known, [[0.0] * len(known)] * len(known), wider)


def macro_mean(groups: Sequence[Sequence[Asked]]) -> Mean | None:
    """The unweighted mean of the means of several groups of questions; None without a question.

    A group holds the questions of one attribute. A cluster may be in several groups (as one
    scenario that has labels of two attributes), which makes their means dependent. The interval
    is `mean_of`'s, with the correlation r_ij of the groups' cluster sums: its lower half is
    sqrt(sum over i, j of r_ij (p_i - l_i)(p_j - l_j)) / k, and the upper half likewise (G. Y. Zou,
    A. Donner, Statistics in Medicine 27, 2008, for correlated estimates). Without a shared
    cluster both are the same.
    """
    known = [[each for each in group if each.times] for group in groups]
    known = [group for group in known if group]
    means = [cluster_mean(group) for group in known]
    sums = [
        deviations([each.mean for each in group], [each.cluster for each in group])
        for group in known
    ]
    return _combined(
        [(mean.mean, mean.low, mean.high) for mean in means if mean is not None],
        [[correlation(a, b) for b in sums] for a in sums],
    )


def _combined(
    known: Sequence[tuple[float, float, float]],
    correlations: Sequence[Sequence[float]],
    wider: float = 1.0,
) -> Mean | None:
    """The mean of (mean, low, high), with the correlation of every two off the diagonal."""
    if not known:
        return None
    count = len(known)
    mean = math.fsum(p for p, _, _ in known) / count
    below = wider * _reach([p - low for p, low, _ in known], correlations) / count
    above = wider * _reach([high - p for p, _, high in known], correlations) / count
    return Mean(count, mean, max(0.0, mean - below), min(1.0, mean + above))


def _reach(sides: Sequence[float], correlations: Sequence[Sequence[float]]) -> float:
    total = math.fsum(side * side for side in sides)
    for a, row in enumerate(correlations):
        total += 2 * math.fsum(row[b] * sides[a] * sides[b] for b in range(a))
    return math.sqrt(max(0.0, total))


def dependence(cells: Sequence[Sequence[Asked]]) -> float:
    """The standard error of the mean of cells' means, over what it would be without covariances.

    A cluster may have questions in several cells: 22 of MTA's 62 records are about two attributes.
    It is sqrt(C / (C - 1) * sum over clusters of (sum over cells of its deviations / n_i)^2 / sum
    over cells of se_i^2), with n_i questions in a cell and its standard error se_i; at least 1.
    """
    apart = 0.0
    together: dict[Hashable, list[float]] = {}
    for cell in cells:
        known = [each for each in cell if each.times]
        if not known:
            continue
        values, clusters = [each.mean for each in known], [each.cluster for each in known]
        apart += (standard_error(values, clusters) or 0.0) ** 2
        for cluster, total in deviations(values, clusters).items():
            together.setdefault(cluster, []).append(total / len(known))
    count = len(together)
    if apart <= 0.0 or count < 2:
        return 1.0
    squares = math.fsum(math.fsum(each) ** 2 for each in together.values())
    return max(1.0, math.sqrt(count / (count - 1) * squares / apart))
