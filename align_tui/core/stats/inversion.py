"""Which differences a sign-flip test over few clusters does not reject."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy import float64, int64
    from numpy.typing import NDArray

LEAST, MOST = 5, 9
"""Clusters: fewer cannot reject anything at 5 %, and with more the other intervals hold."""
LEVEL = 0.05
WIDEST = 2**52  # of whole numbers whose ratios floats tell apart


def not_rejected(
    values: Sequence[float], clusters: Sequence[Hashable]
) -> tuple[float, float] | None:
    """The ends of the differences (-1..1) that the test does not reject at 5 %, both included.

    `values` has the difference of each question, and `clusters` its cluster. None for another
    number of clusters than LEAST to MOST. The test of a difference d flips the signs of the
    clusters' sums less d for each question. A flipped set of clusters is as extreme as what was
    seen, on one side, where the mean over its questions is at most d. So the ends are two of the
    2^C - 1 means over sets of clusters (J. A. Hartigan, JASA 64, 1969; D. Tritchler, JASA 79,
    1984). Sets whose mean is d count half, as in the test (mid-p).
    """
    sums: dict[Hashable, Fraction] = {}
    sizes: dict[Hashable, int] = {}
    for value, cluster in zip(values, clusters, strict=True):
        exact = Fraction(value).limit_denominator(1_000_000)
        sums[cluster] = sums.get(cluster, Fraction(0)) + exact
        sizes[cluster] = sizes.get(cluster, 0) + 1
    if not LEAST <= len(sums) <= MOST:
        return None
    scale = math.lcm(*(each.denominator for each in sums.values()))
    if scale * len(values) > WIDEST:
        scale = 1
    parts = sorted((float(each * scale), sizes[cluster]) for cluster, each in sums.items())
    low, high = _ends(tuple(parts))
    return low / scale, high / scale


@lru_cache(maxsize=1024)
def _ends(clusters: tuple[tuple[float, int], ...]) -> tuple[float, float]:
    """The ends from (sum of differences, questions) of each cluster."""
    import numpy as np  # not at the start of the program

    count = len(clusters)
    sets = (np.arange(1, 2**count)[:, None] >> np.arange(count)) & 1
    totals, sizes = (sets @ np.array(each, dtype=float) for each in zip(*clusters, strict=True))
    means, times = np.unique(totals / sizes, return_counts=True)
    below = np.concatenate([[0], np.cumsum(times)[:-1]])
    above = (2**count - 1) - below - times
    return (
        _first(means, below, times, count),
        _first(means[::-1], above[::-1], times[::-1], count),
    )


def _first(
    means: NDArray[float64], beyond: NDArray[int64], times: NDArray[int64], count: int
) -> float:
    """The first mean at which, or just behind which, the test does not reject any more.

    `beyond` counts the sets whose mean stands before it, and `times` those that have it.
    """
    # The set of no cluster is always as extreme as what was seen, and counts half.
    at = 2 * (beyond + (times + 1) / 2) / 2**count
    behind = 2 * (beyond + times + 0.5) / 2**count
    return float(means[int(((at > LEVEL) | (behind > LEVEL)).argmax())])
