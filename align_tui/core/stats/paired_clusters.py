"""Two columns on the same questions, where repeats and families make decisions dependent."""

from __future__ import annotations

import math
import random
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from align_tui.core.stats.clusters import Asked, ClusterMean, Method, cluster_mean, deviations
from align_tui.core.stats.paired import Difference, count_pairs, difference, square_and_add

MOST_SUMS = 20_000_000  # of the exact test: clusters times different sums, about a second of work
DRAWS = 99_999  # of the test by chance, where the exact one takes too long


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

    `se` is the cluster-robust standard error; None for one cluster.
    """

    value: float
    low: float
    high: float
    se: float | None
    questions: int
    clusters: int
    method: Method
    test: SignFlip


def paired_difference(pairs: Iterable[Pair]) -> PairedDifference | None:
    """Compare two columns question by question; None without a pair.

    The interval is Newcombe's (`core/stats/paired.py`) where every cluster is one question that
    was asked once. Otherwise it adds the columns' cluster-robust intervals in the same way, with
    the correlation of their cluster sums in the place of phi.
    """
    known = [each for each in pairs if each.times]
    if not known:
        return None
    one, other = (cluster_mean(asked) for asked in _both(known))
    assert one is not None and other is not None  # there are pairs
    values = [(each.b - each.a) / each.times for each in known]
    clusters = [each.cluster for each in known]
    found = _interval(known, one, other)
    sums = deviations(values, clusters)
    count = len(sums)
    squares = math.fsum(each * each for each in sums.values())
    return PairedDifference(
        found.value,
        found.low,
        found.high,
        math.sqrt(count / (count - 1) * squares) / len(known) if count > 1 else None,
        len(known),
        count,
        one.method,
        sign_flip(values, clusters),
    )


def _both(pairs: Sequence[Pair]) -> tuple[list[Asked], list[Asked]]:
    return (
        [Asked(each.cluster, each.a, each.times) for each in pairs],
        [Asked(each.cluster, each.b, each.times) for each in pairs],
    )


def _interval(pairs: Sequence[Pair], one: ClusterMean, other: ClusterMean) -> Difference:
    if one.method == "wilson" and all(each.a in (0, 1) and each.b in (0, 1) for each in pairs):
        plain = difference(count_pairs((each.a == 1, each.b == 1) for each in pairs))
        assert plain is not None  # there are pairs
        return plain
    if one.se is None:
        return Difference(other.mean - one.mean, -1.0, 1.0)
    clusters = [each.cluster for each in pairs]
    of_a = deviations([each.a / each.times for each in pairs], clusters)
    of_b = deviations([each.b / each.times for each in pairs], clusters)
    return square_and_add(
        (one.mean, one.low, one.high),
        (other.mean, other.low, other.high),
        _correlation(of_a, of_b),
    )


def _correlation(a: dict[Hashable, float], b: dict[Hashable, float]) -> float:
    size = math.sqrt(
        math.fsum(each * each for each in a.values())
        * math.fsum(each * each for each in b.values())
    )
    if size == 0.0:
        return 0.0
    return max(-1.0, min(1.0, math.fsum(a[cluster] * b[cluster] for cluster in a) / size))


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
    sizes = [abs(each) // divisor for each in steps]
    seen = abs(sum(steps)) // divisor
    if len(sizes) * sum(sizes) > MOST_SUMS:
        return SignFlip(*_drawn(sizes, seen, seed), False, len(sums))
    return SignFlip(*_counted(sizes, seen), True, len(sums))


def _counted(sizes: Sequence[int], seen: int) -> tuple[float, float]:
    """(mid-p, p) from the distribution of the sum of +-sizes, built one size at a time."""
    import numpy as np

    width = sum(sizes)
    shares = np.zeros(2 * width + 1)  # the share of assignments with each sum from -width on
    shares[width] = 1.0
    for size in sizes:
        shares = (np.roll(shares, size) + np.roll(shares, -size)) / 2
    away = np.abs(np.arange(-width, width + 1))
    beyond, equal = float(shares[away > seen].sum()), float(shares[away == seen].sum())
    return min(1.0, beyond + equal / 2), min(1.0, beyond + equal)


def _drawn(sizes: Sequence[int], seen: int, seed: int) -> tuple[float, float]:
    """(mid-p, p) from drawn assignments; the one that was seen counts as a draw."""
    draw = random.Random(seed)
    beyond, equal = 0, 1
    for _ in range(DRAWS):
        signs = draw.getrandbits(len(sizes))
        total = abs(sum(size if signs >> place & 1 else -size for place, size in enumerate(sizes)))
        beyond += total > seen
        equal += total == seen
    return (beyond + equal / 2) / (DRAWS + 1), (beyond + equal) / (DRAWS + 1)
