"""How far an accuracy moves: between repeats, and with what failed samples might have been."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from align_tui.core.stats.clusters import Asked, ClusterMean, cluster_mean


@dataclass(frozen=True, slots=True)
class Spread:
    """The accuracies (0..1) of `repeats` repeats, each with its own seed.

    `deviation` is their standard deviation, with repeats - 1 in its denominator.
    """

    repeats: int
    deviation: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Unsure:
    """One question: the sum of its `times` values (each 0..1), and how many samples failed."""

    cluster: Hashable
    total: float
    times: int
    failed: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """The accuracy if every one of the `failed` samples were wrong, and if it were right."""

    failed: int
    wrong: ClusterMean
    right: ClusterMean


def spread_of(accuracies: Sequence[float]) -> Spread | None:
    """The spread of the accuracies of repeats; None for fewer than two."""
    count = len(accuracies)
    if count < 2:
        return None
    mean = math.fsum(accuracies) / count
    squares = math.fsum((each - mean) ** 2 for each in accuracies)
    return Spread(count, math.sqrt(squares / (count - 1)), min(accuracies), max(accuracies))


def failure_bounds(questions: Iterable[Unsure]) -> Bounds | None:
    """The accuracy with failures as wrong and as right; None if nothing failed.

    These are the worst-case bounds of missing answers (C. F. Manski, American Economic Review
    80, 1990): nothing is assumed of why a sample failed.
    """
    known = [each for each in questions if each.times + each.failed]
    failed = sum(each.failed for each in known)
    if not failed:
        return None

    def mean_with(value: int) -> ClusterMean:
        found = cluster_mean(
            Asked(each.cluster, each.total + value * each.failed, each.times + each.failed)
            for each in known
        )
        assert found is not None  # a sample failed
        return found

    return Bounds(failed, mean_with(0), mean_with(1))
