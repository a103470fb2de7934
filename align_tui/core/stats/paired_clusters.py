"""Two columns on the same questions, where repeats and families make decisions dependent."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from align_tui.core.stats.clusters import (
    Asked,
    ClusterMean,
    Method,
    cluster_mean,
    deviations,
    standard_error,
    t_quantile,
)
from align_tui.core.stats.inversion import not_rejected
from align_tui.core.stats.paired import Difference, count_pairs, difference, square_and_add
from align_tui.core.stats.power import detectable

MOST_SUMS = 20_000_000  # of the exact test: clusters times different sums, about a second of work
DRAWS = 99_999  # of the test by chance, where the exact one takes too long
BLOCK = 4_000_000  # signs that are drawn at a time
FINEST = 10**9  # steps in 1, where exact ones are too fine for 64 bits


@dataclass(frozen=True, slots=True)
class Pair:
    """One question, decided `times` times by both columns: the sums of their values (each 0..1)."""

    cluster: Hashable
    a: float
    b: float
    times: int


@dataclass(frozen=True, slots=True)
class SignFlip:
    """The two-sided p values (0..1) of a sign-flip test over clusters.

    `p` counts half of the assignments that are as extreme as what was seen (mid-p), `largest`
    counts all of them. `exact` is False if the assignments were drawn and not all counted.
    """

    p: float
    largest: float
    exact: bool
    clusters: int


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """B's mean minus A's (-1..1) over questions, its 95 % interval, and whether chance explains it.

    `se` is the cluster-robust standard error; None for one cluster. `inverted`: the interval was
    made to hold every difference that the test does not reject.
    """

    value: float
    low: float
    high: float
    se: float | None
    questions: int
    clusters: int
    method: Method
    test: SignFlip
    inverted: bool = False

    @property
    def detectable(self) -> float | None:
        """The smallest difference (0..1) that these questions detect with 80 % power, or None."""
        return detectable(self.se, self.clusters)


def paired_difference(pairs: Iterable[Pair]) -> PairedDifference | None:
    """Compare two columns question by question; None without a pair.

    The interval is Newcombe's (`core/stats/paired.py`) where every cluster is one question, and
    both columns are always right or always wrong on it. Otherwise it is the wider at each end of
    two. One is value +- t * se, which is too narrow where columns seldom differ, and has no width
    where they never do. The other adds the columns' cluster-robust intervals as Newcombe does,
    with the correlation of their cluster sums in the place of phi; it is too narrow near 0 and 1.
    With few clusters, either is stretched to hold whatever the test does not reject
    (`core/stats/inversion.py`).
    """
    known = [each for each in pairs if each.times]
    if not known:
        return None
    one, other = (cluster_mean(asked) for asked in _both(known))
    assert one is not None and other is not None  # there are pairs
    values = [(each.b - each.a) / each.times for each in known]
    clusters = [each.cluster for each in known]
    se = standard_error(values, clusters)
    found = _interval(known, one, other, se)
    inverted = not_rejected(values, clusters)
    low, high = inverted or (found.value, found.value)
    return PairedDifference(
        found.value,
        min(found.low, low),
        max(found.high, high),
        se,
        len(known),
        one.clusters,
        one.method if one.method == other.method else "cluster",
        sign_flip(values, clusters),
        inverted is not None,
    )


def _both(pairs: Sequence[Pair]) -> tuple[list[Asked], list[Asked]]:
    return (
        [Asked(each.cluster, each.a, each.times) for each in pairs],
        [Asked(each.cluster, each.b, each.times) for each in pairs],
    )


def _interval(
    pairs: Sequence[Pair], one: ClusterMean, other: ClusterMean, se: float | None
) -> Difference:
    if one.clusters == len(pairs) and all({each.a, each.b} <= {0, each.times} for each in pairs):
        plain = difference(count_pairs((each.a > 0, each.b > 0) for each in pairs))
        assert plain is not None  # there are pairs
        return plain
    if se is None:
        return Difference(other.mean - one.mean, -1.0, 1.0)
    clusters = [each.cluster for each in pairs]
    of_a = deviations([each.a / each.times for each in pairs], clusters)
    of_b = deviations([each.b / each.times for each in pairs], clusters)
    added = square_and_add(
        (one.mean, one.low, one.high),
        (other.mean, other.low, other.high),
        correlation(of_a, of_b),
    )
    reach = t_quantile(one.clusters - 1) * se
    return Difference(
        added.value,
        max(-1.0, min(added.low, added.value - reach)),
        min(1.0, max(added.high, added.value + reach)),
    )


def correlation(a: Mapping[Hashable, float], b: Mapping[Hashable, float]) -> float:
    """The correlation (-1..1) of two columns' cluster sums (`deviations`); 0 if one never varies.

    A cluster that only one of them has counts as 0 in the other.
    """
    size = math.sqrt(
        math.fsum(each * each for each in a.values())
        * math.fsum(each * each for each in b.values())
    )
    if size == 0.0:
        return 0.0
    return max(-1.0, min(1.0, math.fsum(a[each] * b[each] for each in a if each in b) / size))


def sign_flip(values: Sequence[float], clusters: Sequence[Hashable], *, seed: int = 0) -> SignFlip:
    """Could the mean of differences (one for each question, -1..1) be chance?

    If neither column is better, the sum of a cluster's differences has either sign with equal
    chance. All 2^C assignments of signs are counted, by the distinct sums that they reach. Half of
    those that are as extreme as the one seen count (mid-p; H. O. Lancaster, JASA 56, 1961), since
    the plain p of a few clusters is far below its level: for pairs asked once it is McNemar's
    exact test, which rejects 1 true hypothesis in 70 where 1 in 20 is meant. Mid-p is what
    M. W. Fagerland, S. Lydersen, P. Laake (BMC Medical Research Methodology 13:91, 2013) advise.
    """
    sums: dict[Hashable, Fraction] = {}
    for value, cluster in zip(values, clusters, strict=True):
        # Values are ratios of small counts, which floats carry to the last bit but one.
        exact = Fraction(value).limit_denominator(1_000_000)
        sums[cluster] = sums.get(cluster, Fraction(0)) + exact
    moved = [each for each in sums.values() if each]
    if not moved:
        return SignFlip(1.0, 1.0, True, len(sums))
    scale = math.lcm(*(each.denominator for each in moved))
    steps = [int(each * scale) for each in moved]
    divisor = math.gcd(*steps)
    sizes = tuple(sorted(abs(each) // divisor for each in steps))
    seen = abs(sum(steps)) // divisor
    if len(sizes) * sum(sizes) <= MOST_SUMS:
        return SignFlip(*_counted(sizes, seen), True, len(sums))
    slack = 0
    if sum(sizes) >= 2**61:  # too much for 64 bits
        # Sums of rounded steps may miss a tie by half a step for each cluster.
        steps = [round(each * FINEST) for each in moved]
        sizes, seen, slack = tuple(map(abs, steps)), abs(sum(steps)), len(steps)
    return SignFlip(*_drawn(sizes, seen, slack, seed), False, len(sums))


@lru_cache(maxsize=1024)
def _counted(sizes: tuple[int, ...], seen: int) -> tuple[float, float]:
    """(mid-p, p) from the distribution of the sum of +-sizes, built one size at a time."""
    import numpy as np

    # The sum of +-sizes is 2 * (the sum of those with +) - width.
    width = sum(sizes)
    shares = np.zeros(width + 1)  # the share of assignments by the sum of those with +
    shares[0] = 1.0
    reach = 0
    for size in sizes:
        shares[: reach + 1] /= 2
        raised = shares[: reach + 1].copy()
        reach += size
        shares[size : reach + 1] += raised
    away = np.abs(2 * np.arange(width + 1) - width)
    beyond, equal = float(shares[away > seen].sum()), float(shares[away == seen].sum())
    return min(1.0, beyond + equal / 2), min(1.0, beyond + equal)


def _drawn(sizes: Sequence[int], seen: int, slack: int, seed: int) -> tuple[float, float]:
    """(mid-p, p) from drawn assignments; the one that was seen counts as a draw.

    Sums within `slack` of the one seen are as extreme as it.
    """
    import numpy as np

    draw = np.random.default_rng(seed)
    weights = np.array(sizes, dtype=np.int64)
    beyond, equal, left = 0, 1, DRAWS
    while left:
        rows = min(left, max(1, BLOCK // len(sizes)))
        signs = draw.integers(0, 2, (rows, len(sizes)), dtype=np.int8)
        away = np.abs(2 * (signs @ weights) - int(weights.sum()))
        beyond += int((away > seen + slack).sum())
        equal += int((np.abs(away - seen) <= slack).sum())
        left -= rows
    return (beyond + equal / 2) / (DRAWS + 1), (beyond + equal) / (DRAWS + 1)
