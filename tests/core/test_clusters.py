"""The statistics of dependent decisions: against scipy, enumeration, and what must not matter."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from align_tui.core.families import clusters_of
from align_tui.core.scenarios import VARIANT_OF
from align_tui.core.stats import paired_clusters
from align_tui.core.stats.clusters import (
    Asked,
    cluster_mean,
    effective_size,
    standard_error,
    t_quantile,
    wilson_interval,
)
from align_tui.core.stats.paired import PairedCounts, difference
from align_tui.core.stats.paired_clusters import Pair, paired_difference, sign_flip
from align_tui.core.stats.rates import clustered_rate, make_rate
from tests.conftest import make_scenarios

few = settings(max_examples=40)


@st.composite
def studies(draw: st.DrawFn) -> list[Pair]:
    """Up to 14 questions in up to 6 clusters, each asked up to 4 times."""
    pairs = []
    for _ in range(draw(st.integers(1, 14))):
        times = draw(st.integers(1, 4))
        a, b = draw(st.integers(0, times)), draw(st.integers(0, times))
        pairs.append(Pair(draw(st.integers(0, 5)), a, b, times))
    return pairs


def asked(pairs: Sequence[Pair]) -> list[Asked]:
    return [Asked(each.cluster, each.a, each.times) for each in pairs]


@few
@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_questions_asked_once_have_the_interval_of_wilson(right: list[bool]) -> None:
    found = cluster_mean(Asked(place, float(each), 1) for place, each in enumerate(right))
    assert found is not None and found.method == "wilson"
    usual = stats.binomtest(sum(right), len(right)).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((usual.low, usual.high), abs=1e-12)
    rate = clustered_rate(Asked(place, float(each), 1) for place, each in enumerate(right))
    assert rate == replace(make_rate(sum(right), len(right)), se=rate.se)


@few
@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(2, 20))
def test_asking_a_greedy_model_again_changes_nothing(right: list[bool], times: int) -> None:
    once = cluster_mean(Asked(place, float(each), 1) for place, each in enumerate(right))
    again = cluster_mean(Asked(place, float(each * times), times) for place, each in
                         enumerate(right))  # fmt: skip
    assert once == again
    pairs = [Pair(place, each, not each, 1) for place, each in enumerate(right)]
    more = [replace(each, a=each.a * times, b=each.b * times, times=times) for each in pairs]
    assert paired_difference(pairs) == paired_difference(more)


@few
@given(st.lists(st.floats(0, 1), min_size=2, max_size=40))
def test_the_error_of_single_questions_is_the_usual_one(values: list[float]) -> None:
    found = standard_error(values, range(len(values)))
    assert found == pytest.approx(float(stats.sem(values)), abs=1e-12)


@few
@given(studies())
def test_the_error_is_the_formula_on_cluster_sums(pairs: list[Pair]) -> None:
    values = np.array([each.a / each.times for each in pairs])
    clusters = np.array([each.cluster for each in pairs])
    found = standard_error(list(values), list(clusters))
    names = np.unique(clusters)
    if len(names) == 1:
        assert found is None
        return
    sums = [(values - values.mean())[clusters == name].sum() for name in names]
    expected = math.sqrt(len(names) / (len(names) - 1) * np.square(sums).sum()) / len(values)
    assert found == pytest.approx(expected, abs=1e-12)


@few
@given(studies())
def test_intervals_hold_their_value_and_stay_in_bounds(pairs: list[Pair]) -> None:
    mean, found = cluster_mean(asked(pairs)), paired_difference(pairs)
    assert mean is not None and found is not None
    assert 0.0 <= mean.low <= mean.mean <= mean.high <= 1.0
    slack = 1e-12
    assert -1.0 <= found.low <= found.value + slack and found.value - slack <= found.high <= 1.0
    assert 0.0 <= found.test.p <= found.test.largest <= 1.0
    assert found.value == pytest.approx(
        math.fsum((each.b - each.a) / each.times for each in pairs) / len(pairs), abs=1e-12
    )


@few
@given(studies(), st.randoms(use_true_random=False))
def test_order_and_names_of_clusters_do_not_matter(pairs: list[Pair], draw: random.Random) -> None:
    other = [replace(each, cluster=f"family {each.cluster}") for each in pairs]
    draw.shuffle(other)
    for first, second in (
        (cluster_mean(asked(pairs)), cluster_mean(asked(other))),
        (paired_difference(pairs), paired_difference(other)),
    ):
        assert first is not None and second is not None
        assert (first.low, first.high) == pytest.approx((second.low, second.high), abs=1e-9)
        assert first.method == second.method


@few
@given(studies())
def test_swapped_columns_have_the_difference_of_the_other_sign(pairs: list[Pair]) -> None:
    one = paired_difference(pairs)
    other = paired_difference(replace(each, a=each.b, b=each.a) for each in pairs)
    assert one is not None and other is not None
    assert (-one.high, -one.low) == pytest.approx((other.low, other.high), abs=1e-9)
    assert one.test == other.test and one.method == other.method


@few
@given(studies())
def test_right_and_wrong_mirror_each_other(pairs: list[Pair]) -> None:
    one = cluster_mean(asked(pairs))
    other = cluster_mean(replace(each, total=each.times - each.total) for each in asked(pairs))
    assert one is not None and other is not None
    assert (1 - one.high, 1 - one.low) == pytest.approx((other.low, other.high), abs=1e-9)


def test_what_has_no_spread() -> None:
    assert cluster_mean([]) is None and paired_difference([]) is None
    assert cluster_mean([Asked(1, 0, 0)]) is None and clustered_rate([]).low is None
    alone = cluster_mean([Asked(1, 1, 2), Asked(1, 2, 2)])
    assert alone is not None and alone.method == "one cluster"
    assert (alone.low, alone.high, alone.se) == (0.0, 1.0, None)
    same = paired_difference([Pair(1, 1, 2, 2), Pair(1, 2, 2, 2)])
    assert same is not None and (same.low, same.high, same.se) == (-1.0, 1.0, None)
    # Always right: as wide as that many clusters asked once, with the wider quantile.
    sure = cluster_mean(Asked(place // 2, 5, 5) for place in range(20))
    assert sure is not None and sure.method == "cluster"
    assert (sure.low, sure.high) == (wilson_interval(1.0, 10, t_quantile(9))[0], 1.0)
    # Columns that never differ: the interval is not a point.
    never = paired_difference(Pair(place // 2, 1, 1, 2) for place in range(20))
    assert never is not None and never.low < -0.05 and never.high > 0.05
    assert never.test.p == never.test.largest == 1.0


def test_an_effective_size_is_between_what_families_and_repeats_allow() -> None:
    half = 0.5 / math.sqrt(17)  # the error of 18 independent decisions
    assert effective_size(0.5, half, 18, 18, 18) == pytest.approx(18)
    assert effective_size(0.5, 2 * half, 18, 6, 18) == pytest.approx(18 / 4)
    assert effective_size(0.5, 0.0, 18, 18, 10_000) == pytest.approx(18 * 19 / 2)
    assert effective_size(0.5, 0.0, 18, 18, 90) == 90
    assert effective_size(0.5, half / 2, 18, 18, 360) == pytest.approx(18 * 19 / (17 / 4 + 2))


@few
@given(st.floats(0, 1), st.floats(0.2, 500), st.floats(0.5, 13))
def test_the_interval_of_wilson_solves_its_equation(mean: float, size: float, z: float) -> None:
    """|mean - p| = z * sqrt(p (1 - p) / size) at both ends."""
    for end in wilson_interval(mean, size, z):
        assert 0.0 <= end <= 1.0
        assert abs(mean - end) == pytest.approx(z * math.sqrt(end * (1 - end) / size), abs=1e-6)


def test_quantiles_are_those_of_student() -> None:
    for degrees in (1, 2, 17, 61, 1_000):
        assert t_quantile(degrees) == pytest.approx(stats.t.ppf(0.975, degrees))


@few
@given(studies())
def test_the_sign_flip_test_counts_all_assignments(pairs: list[Pair]) -> None:
    sums: dict[object, int] = {}
    for each in pairs:
        sums[each.cluster] = sums.get(each.cluster, 0) + round(12 * (each.b - each.a) / each.times)
    seen = abs(sum(sums.values()))
    totals = [
        abs(sum(sign * size for sign, size in zip(signs, sums.values(), strict=True)))
        for signs in itertools.product((-1, 1), repeat=len(sums))
    ]
    beyond = sum(total > seen for total in totals) / len(totals)
    equal = sum(total == seen for total in totals) / len(totals)
    found = sign_flip(
        [(each.b - each.a) / each.times for each in pairs], [each.cluster for each in pairs]
    )
    assert found.largest == pytest.approx(beyond + equal) and found.exact
    assert found.p == pytest.approx(beyond + equal / 2 if any(sums.values()) else 1.0)
    assert found.clusters == len(sums)


@few
@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 9))
def test_of_pairs_asked_once_it_is_the_test_of_mcnemar(a: int, b: int, same: int) -> None:
    """And its mid-p is what Fagerland, Lydersen and Laake give: p less the weight of the table."""
    values = [-1.0] * a + [1.0] * b + [0.0] * same
    found = sign_flip(values, range(len(values)))
    assert found.largest == pytest.approx(stats.binomtest(a, a + b).pvalue if a + b else 1.0)
    if a != b:
        weight = stats.binom.pmf(min(a, b), a + b, 0.5)
        assert found.p == pytest.approx(found.largest - weight)


def test_pairs_asked_once_have_the_interval_of_newcombe() -> None:
    pairs = [(1, 1)] * 36 + [(1, 0)] * 12 + [(0, 1)] * 2
    found = paired_difference(Pair(place, a, b, 1) for place, (a, b) in enumerate(pairs))
    assert found is not None and found.method == "wilson"
    plain = difference(PairedCounts(36, 12, 2, 0))
    assert plain is not None
    assert (found.value, found.low, found.high) == (plain.value, plain.low, plain.high)


def test_many_clusters_are_drawn_and_agree_with_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [0.2, -0.4, 1.0, 0.6, 0.8, -0.2, 0.4, 0.4, 0.6, -0.6]
    exact = sign_flip(values, range(10))
    monkeypatch.setattr(paired_clusters, "MOST_SUMS", 0)
    drawn = sign_flip(values, range(10))
    assert exact.exact and not drawn.exact
    assert (drawn.p, drawn.largest) == pytest.approx((exact.p, exact.largest), abs=0.006)
    assert drawn == sign_flip(values, range(10)), "the seed is fixed"


def test_values_of_any_size_are_tested() -> None:
    """Denominators without a common one of 64 bits: ties are still found."""
    draw = random.Random(1)
    values = [draw.random() for _ in range(12)]
    found = sign_flip(values, range(12))
    assert not found.exact and 2 / 100_000 <= found.largest <= 0.003
    half = sign_flip([*values, *(-each for each in values)], range(24))
    assert half.p > 0.9 and half.largest == 1.0


def test_families_variants_and_equal_texts_are_clusters() -> None:
    one, two, three, four, five, six = make_scenarios(6)
    found = clusters_of(
        [
            replace(one, family="bridge"),
            two,
            replace(three, family="bridge"),
            replace(two, key="again"),  # the same text
            replace(four, meta={VARIANT_OF: three.key}),
            replace(five, source={"format": "mta"}, meta={"scenario_id": "flood"}),
            replace(six, source={"format": "mta"}, meta={"scenario_id": "flood"}),
        ]
    )
    assert found == (0, 1, 0, 1, 0, 5, 5)


def test_rules_of_clusters() -> None:
    scenarios = [replace(each, family="all") for each in make_scenarios(3)]
    scenarios.append(replace(scenarios[1], key="again"))
    assert clusters_of(scenarios) == (0, 0, 0, 0)
    assert clusters_of(scenarios, "question") == (0, 1, 2, 1)
    assert clusters_of(scenarios, "none") == (0, 1, 2, 3)
    assert clusters_of([]) == ()
