"""What the pairs of a pilot run say of how differences vary, for the plan of a larger study."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from align_tui.core.stats.clusters import deviations, standard_error
from align_tui.core.stats.paired_clusters import Pair
from align_tui.core.stats.power import Design, Variation


@dataclass(frozen=True, slots=True)
class Pilot:
    """A pilot's design and variances, with its mean difference (B - A) and its standard error.

    `repeated` says whether any question was asked more than once: only then `within` is known,
    and otherwise all of the variance counts as between questions.
    """

    design: Design
    variation: Variation
    difference: float
    error: float | None
    repeated: bool


def pilot_of(pairs: Sequence[Pair]) -> Pilot | None:
    """Estimate the variances from decisions that are right or wrong; None without pairs.

    `within` is the mean over questions of p (1 - p) K / (K - 1) for both columns. `between` is the
    variance of the questions' differences less the part that sampling explains, at least 0. `icc`
    is the variance of families by analysis of variance for unequal sizes (A. Donner, International
    Statistical Review 54, 1986), as a share of `between`.
    """
    known = [each for each in pairs if each.times]
    if not known:
        return None
    values = [(each.b - each.a) / each.times for each in known]
    clusters = [each.cluster for each in known]
    repeated = [each for each in known if each.times > 1]
    noise = [_noise(each.a, each.times) + _noise(each.b, each.times) for each in repeated]
    within = math.fsum(noise) / len(noise) if noise else 0.0
    mean = math.fsum(values) / len(values)
    total = math.fsum((each - mean) ** 2 for each in values) / max(1, len(values) - 1)
    explained = within * math.fsum(1 / each.times for each in known) / len(known)
    between = max(0.0, total - explained)
    sizes = _sizes(clusters)
    average = len(known) / len(sizes)
    unequal = math.fsum((size / average - 1) ** 2 for size in sizes) / len(sizes)
    family = _family_variance(values, clusters)
    return Pilot(
        Design(
            len(known),
            len(sizes),
            max(1, round(sum(each.times for each in known) / len(known))),
            unequal,
        ),
        Variation(between, within, min(1.0, family / between) if between > 0.0 else 0.0),
        mean,
        standard_error(values, clusters),
        bool(repeated),
    )


def _noise(total: float, times: int) -> float:
    """The unbiased variance of one repeat of a question."""
    return total * (times - total) / (times * (times - 1))


def _sizes(clusters: Sequence[Hashable]) -> list[int]:
    counts: dict[Hashable, int] = {}
    for cluster in clusters:
        counts[cluster] = counts.get(cluster, 0) + 1
    return list(counts.values())


def _family_variance(values: Sequence[float], clusters: Sequence[Hashable]) -> float:
    """The variance of families' true means, at least 0; 0 where no family has two questions."""
    n, sizes = len(values), _sizes(clusters)
    count = len(sizes)
    if count < 2 or count == n:
        return 0.0
    sums = deviations(values, clusters)
    among = math.fsum(
        each * each / size for each, size in zip(sums.values(), sizes, strict=True)
    ) / (count - 1)
    means: dict[Hashable, float] = {}
    mean = math.fsum(values) / n
    for (cluster, each), size in zip(sums.items(), sizes, strict=True):
        means[cluster] = mean + each / size
    inside = math.fsum(
        (value - means[cluster]) ** 2 for value, cluster in zip(values, clusters, strict=True)
    ) / (n - count)
    usual = (n - math.fsum(size * size for size in sizes) / n) / (count - 1)
    return max(0.0, (among - inside) / usual)
