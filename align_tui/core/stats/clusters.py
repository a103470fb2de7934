"""The mean of dependent decisions: repeats of a question, questions of one family.

Repeats are averaged first, so that a question counts once however often it is asked. Questions of
one cluster may move together, so only clusters count as independent.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Method = Literal["none", "wilson", "cluster", "one cluster"]
METHODS: dict[Method, str] = {
    "none": "no interval",
    "wilson": "Wilson",
    "cluster": "Wilson, cluster-robust",
    "one cluster": "one cluster has no interval",
}
"""Each method in words, for a table or a sentence."""
Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: the sum of its `times` values (each 0..1), and the cluster that it is in."""

    cluster: Hashable
    total: float
    times: int

    @property
    def mean(self) -> float:
        """The mean of its values, 0..1."""
        return self.total / self.times


@dataclass(frozen=True, slots=True)
class ClusterMean:
    """A mean (0..1) over questions, with its standard error and the ends of its 95 % interval.

    `se` is None for a single cluster, whose interval is 0..1: it says nothing of other clusters.
    """

    mean: float
    se: float | None
    low: float
    high: float
    questions: int
    clusters: int
    method: Method


def deviations(values: Sequence[float], clusters: Sequence[Hashable]) -> dict[Hashable, float]:
    """By cluster, the sum over its questions of (value - mean of all values)."""
    mean = math.fsum(values) / len(values)
    parts: dict[Hashable, list[float]] = {}
    for value, cluster in zip(values, clusters, strict=True):
        parts.setdefault(cluster, []).append(value - mean)
    return {cluster: math.fsum(each) for cluster, each in parts.items()}


def standard_error(values: Sequence[float], clusters: Sequence[Hashable]) -> float | None:
    """The cluster-robust standard error of the mean; None for fewer than two clusters.

    sqrt(C / (C - 1) * sum over clusters of (sum of deviations)^2) / n, with C clusters and n
    questions: E. Miller, arXiv 2411.00640 (2024), section 2.2, with the usual correction for few
    clusters.
    """
    sums = deviations(values, clusters)
    count = len(sums)
    if count < 2:
        return None
    squares = math.fsum(each * each for each in sums.values())
    return math.sqrt(count / (count - 1) * squares) / len(values)


def cluster_mean(asked: Iterable[Asked]) -> ClusterMean | None:
    """The mean over questions with its 95 % interval; None without a question.

    Where every cluster is one question that was asked once, or was always right or always wrong,
    it is Wilson's interval: to ask a greedy model again changes nothing. Otherwise it is Wilson's
    with the effective sample size (`effective_size`) and the quantile of Student's t
    with C - 1 degrees of freedom, as surveys use it (P. S. Kott, D. A. Carr, Journal of Official
    Statistics 13, 1997; N. Dean, M. Pagano, Journal of Survey Statistics and Methodology 3, 2015).
    The plain mean +- t * se covers only 46 to 94 % near 0 and 1 (`tools/simulate_intervals.py`).
    """
    known = [each for each in asked if each.times]
    if not known:
        return None
    values = [each.mean for each in known]
    clusters = [each.cluster for each in known]
    mean = math.fsum(values) / len(values)
    count = len(set(clusters))
    se = standard_error(values, clusters)
    decisions = sum(each.times for each in known)
    if len(known) == count and (decisions == count or all(each in (0.0, 1.0) for each in values)):
        low, high = wilson_interval(mean, count)
        return ClusterMean(mean, se, low, high, len(known), count, "wilson")
    if se is None:
        return ClusterMean(mean, None, 0.0, 1.0, len(known), count, "one cluster")
    size = effective_size(mean, se, len(known), count, decisions)
    low, high = wilson_interval(mean, size, t_quantile(count - 1))
    return ClusterMean(mean, se, low, high, len(known), count, "cluster")


def effective_size(mean: float, se: float, questions: int, clusters: int, decisions: int) -> float:
    """The number of independent decisions that would have that standard error.

    It is n / d with n questions and the design effect d = se^2 / (mean (1 - mean) / (n - 1)), at
    most the number of decisions. Few clusters can look alike by chance, and near 0 and 1 they
    often do: so a d below 1 is drawn towards 1, as if by two more clusters that have d = 1.
    Simulated coverage of accuracies from .5 to .95 is then .90 to .99, and .84 to .97 without. A
    mean of 0 or 1 has no standard error: then it is the number of clusters.
    """
    spread = mean * (1 - mean)
    if spread <= 0.0:
        return clusters
    effect = max(questions - 1, 1) * se * se / spread
    if effect < 1.0:
        effect = ((clusters - 1) * effect + 2) / (clusters + 1)
    return min(decisions, questions / effect)


def wilson_interval(mean: float, size: float, z: float = Z) -> tuple[float, float]:
    """Wilson's score interval (E. B. Wilson 1927) of a mean (0..1) of `size` decisions."""
    zz = z * z
    centre = (mean + zz / (2 * size)) / (1 + zz / size)
    half = z / (1 + zz / size) * math.sqrt(mean * (1 - mean) / size + zz / (4 * size * size))
    # Exact at the ends, where rounding would give 1e-17 or leave 0..1.
    low = 0.0 if mean <= 0.0 else max(0.0, centre - half)
    high = 1.0 if mean >= 1.0 else min(1.0, centre + half)
    return low, high


@lru_cache(maxsize=4096)
def t_quantile(degrees: int, level: float = 0.95) -> float:
    """The two-sided quantile of Student's t: 2.11 for 17 degrees of freedom at 95 %."""
    from scipy.special import stdtrit  # it takes a third of a second to load

    return float(stdtrit(degrees, 0.5 + level / 2))
