"""The paired statistics: published numbers, enumeration, and properties."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.core.stats.inversion import not_rejected
from align_tui.core.stats.paired import PairedCounts, count_pairs, difference, holm
from align_tui.core.stats.paired_clusters import Pair, paired_difference, sign_flip

cells = st.integers(0, 80)
tables = st.builds(PairedCounts, cells, cells, cells, cells)


def mcnemar(counts: PairedCounts) -> float:
    """p of McNemar's exact test, which the sign-flip test is for pairs asked once."""
    moved = [-1.0] * counts.only_a + [1.0] * counts.only_b + [0.0] * (counts.both + counts.neither)
    return sign_flip(moved, range(len(moved))).largest if moved else 1.0


def swapped(counts: PairedCounts) -> PairedCounts:
    return PairedCounts(counts.both, counts.only_b, counts.only_a, counts.neither)


def test_the_table_is_counted() -> None:
    pairs = [(True, True)] * 3 + [(True, False)] * 2 + [(False, True)] + [(False, False)] * 4
    assert count_pairs(pairs) == PairedCounts(3, 2, 1, 4)
    assert count_pairs(pairs).pairs == 10
    assert count_pairs([]) == PairedCounts()


@pytest.mark.parametrize(
    ("counts", "p"),
    [
        (PairedCounts(1, 1, 7, 12), 0.0703125),  # Fagerland et al. 2013, airway data: 0.070
        (PairedCounts(36, 12, 2, 0), 0.012939453125),
        (PairedCounts(5, 0, 0, 5), 1.0),
        (PairedCounts(), 1.0),
    ],
)
def test_mcnemar_is_the_published(counts: PairedCounts, p: float) -> None:
    assert mcnemar(counts) == pytest.approx(p, abs=1e-12)


@pytest.mark.parametrize("n", range(1, 13))
def test_mcnemar_is_what_enumeration_says(n: int) -> None:
    """Count every outcome of n coins."""
    falls = [sum(coins) for coins in itertools.product((0, 1), repeat=n)]
    for only_a in range(n + 1):
        far = abs(only_a - n / 2)
        as_far = sum(abs(fall - n / 2) >= far for fall in falls)
        assert mcnemar(PairedCounts(9, only_a, n - only_a, 3)) == pytest.approx(as_far / 2**n)


@given(tables)
def test_mcnemar_is_a_probability_and_knows_no_side(counts: PairedCounts) -> None:
    p = mcnemar(counts)
    assert 0.0 < p <= 1.0 and p == mcnemar(swapped(counts))
    assert p == mcnemar(PairedCounts(0, counts.only_a, counts.only_b, 0))


@pytest.mark.parametrize(
    ("counts", "value", "low", "high"),
    [
        # Newcombe 1998, method 10 (his difference is A minus B).
        (PairedCounts(36, 2, 12, 0), 0.20, 0.0569, 0.3404),
        # Fagerland, Lydersen, Laake 2014, airway data: Newcombe's square-and-add.
        (PairedCounts(1, 1, 7, 12), 0.2857, 0.026, 0.507),
    ],
)
def test_the_interval_is_the_published(
    counts: PairedCounts, value: float, low: float, high: float
) -> None:
    found = difference(counts)
    assert found is not None
    assert found.value == pytest.approx(value, abs=5e-4)
    assert found.low == pytest.approx(low, abs=5e-4)
    assert found.high == pytest.approx(high, abs=5e-4)


@given(tables.filter(lambda counts: counts.pairs > 0))
def test_the_interval_holds_its_value_and_turns_with_the_columns(counts: PairedCounts) -> None:
    found, other = difference(counts), difference(swapped(counts))
    assert found is not None and other is not None
    assert -1.0 <= found.low <= found.value <= found.high <= 1.0
    assert found.value == pytest.approx(-other.value)
    assert found.low == pytest.approx(-other.high) and found.high == pytest.approx(-other.low)


def test_the_interval_covers_what_it_says() -> None:
    """Over every table of 15 pairs, weighted by its probability under given true shares."""
    n = 15
    every = [
        PairedCounts(a, b, c, n - a - b - c)
        for a in range(n + 1)
        for b in range(n + 1 - a)
        for c in range(n + 1 - a - b)
    ]
    found = {counts: difference(counts) for counts in every}
    coverages = []
    for shares in ((0.4, 0.2, 0.1, 0.3), (0.25, 0.25, 0.25, 0.25), (0.6, 0.05, 0.25, 0.1)):
        true, covered = shares[2] - shares[1], 0.0
        for counts, interval in found.items():
            assert interval is not None
            if interval.low <= true <= interval.high:
                parts = (counts.both, counts.only_a, counts.only_b, counts.neither)
                ways = math.factorial(n) / math.prod(map(math.factorial, parts))
                covered += ways * math.prod(s**k for s, k in zip(shares, parts, strict=True))
        coverages.append(covered)
    assert min(coverages) > 0.93 and max(coverages) < 0.995


def test_no_pairs_no_difference() -> None:
    assert difference(PairedCounts()) is None


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.5, 0.9]) == (1.0, 1.0)
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_only_raises_and_keeps_the_order(values: list[float]) -> None:
    found = holm(values)
    assert all(v <= f <= 1.0 for v, f in zip(values, found, strict=True))
    for (v, f), (w, g) in itertools.combinations(zip(values, found, strict=True), 2):
        assert (v <= w and f <= g) or (v >= w and f >= g)


differences = st.lists(
    st.tuples(st.integers(0, 8), st.sampled_from([-1.0, -0.5, 0.0, 0.0, 0.25, 1.0])),
    min_size=5,
    max_size=14,
)


@settings(max_examples=25, deadline=None)
@given(differences)
def test_the_inverted_interval_holds_what_the_test_does_not_reject(
    found: list[tuple[int, float]],
) -> None:
    clusters, values = [cluster for cluster, _ in found], [value for _, value in found]
    ends = not_rejected(values, clusters)
    if ends is None:
        assert len(set(clusters)) < 5
        return

    def p(value: float) -> float:
        return sign_flip([each - value for each in values], clusters).p

    low, high = ends
    assert low <= math.fsum(values) / len(values) <= high
    assert p(0.0) <= 0.05 or low <= 0.0 <= high
    assert not low < 0.0 < high or p(0.0) > 0.05
    assert p(low - 0.01) <= 0.05 and p(high + 0.01) <= 0.05
    if high - low > 0.01:
        assert p(low + 0.001) > 0.05 and p(high - 0.001) > 0.05
    pairs = [Pair(cluster, max(0.0, -value), max(0.0, value), 1) for cluster, value in found]
    whole = paired_difference(pairs)
    assert whole is not None and whole.inverted
    assert whole.low <= low + 1e-9 and high - 1e-9 <= whole.high


def test_other_numbers_of_clusters_are_not_inverted() -> None:
    assert not_rejected([1.0] * 4, range(4)) is None
    assert not_rejected([1.0] * 10, range(10)) is None
    assert not_rejected([1.0] * 5, range(5)) == (1.0, 1.0)
    few = paired_difference([Pair(cluster, 0.0, 1.0, 1) for cluster in range(4)])
    assert few is not None and not few.inverted and few.test.p > 0.05 and few.low > 0.0
