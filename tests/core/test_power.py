"""What a study can detect: against scipy's noncentral t, against simulation, and from a pilot."""

from __future__ import annotations

import importlib
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from align_tui.core.stats.equivalence import could_detect, finding, sentence, shared_margin
from align_tui.core.stats.paired_clusters import Pair, paired_difference, sign_flip
from align_tui.core.stats.pilot import pilot_of
from align_tui.core.stats.power import (
    Design,
    Variation,
    assumed_variation,
    detectable,
    power_of,
    questions_needed,
    repeats_needed,
    standard_error,
)

simulation = importlib.import_module("tools.simulate_intervals")

few = settings(max_examples=30)
variations = st.builds(Variation, st.floats(0.01, 0.5), st.floats(0.0, 0.5), st.floats(0.0, 1.0))
designs = st.integers(5, 80).flatmap(
    lambda clusters: st.builds(
        Design,
        st.integers(clusters, 4 * clusters),
        st.just(clusters),
        st.integers(1, 20),
        st.floats(0.0, 1.0),
    )
)


@few
@given(st.floats(0.01, 0.5), st.floats(0.01, 0.3), st.integers(5, 300))
def test_power_is_that_of_the_noncentral_t(difference: float, error: float, clusters: int) -> None:
    away, critical = difference / error, stats.t.ppf(0.975, clusters - 1)
    usual = stats.nct.sf(critical, clusters - 1, away) + stats.nct.cdf(
        -critical, clusters - 1, away
    )
    found = power_of(difference, error, clusters)
    assert 0.0 <= found <= 1.0
    if not math.isnan(usual) and away < 8:
        assert found == pytest.approx(usual, abs=1e-6)


def test_many_questions_need_what_the_textbook_says() -> None:
    """With n large: (1.96 + 0.84)^2 * variance / difference^2."""
    variation = Variation(between=0.3, within=0.2)
    found = questions_needed(variation, 0.05, Design(10, 10, repeats=4))
    assert found is not None
    expected = (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) ** 2 * (0.3 + 0.2 / 4) / 0.05**2
    assert found.questions == pytest.approx(expected, rel=0.005)
    assert found.clusters == found.questions and found.repeats == 4


@few
@given(variations, designs, st.floats(0.02, 0.6))
def test_what_is_needed_is_the_least_that_is_enough(
    variation: Variation, design: Design, difference: float
) -> None:
    def power(made: Design) -> float:
        return power_of(difference, standard_error(variation, made), made.clusters)

    needed = questions_needed(variation, difference, design)
    assert needed is not None and power(needed) >= 0.8
    repeats = repeats_needed(variation, difference, design)
    if repeats is None:
        assert power(Design(design.questions, design.clusters, 1_000, design.unequal)) < 0.8
    else:
        made = Design(design.questions, design.clusters, repeats, design.unequal)
        assert power(made) >= 0.8
        smallest = detectable(standard_error(variation, made), design.clusters)
        assert smallest is not None and smallest <= difference + 1e-9


def test_what_no_study_detects() -> None:
    assert detectable(0.05, 4) is None and power_of(0.5, 0.01, 4) == 0.0
    assert detectable(None, 20) is None and detectable(0.0, 20) is None
    assert detectable(0.9, 20) is None, "no difference is above 1"
    # Four clusters that all go one way: the test cannot reach 5 %; five can.
    assert sign_flip([1.0] * 4, range(4)).p > 0.05 > sign_flip([1.0] * 5, range(5)).p
    assert repeats_needed(Variation(0.2, 0.0), 0.05, Design(20, 20)) is None


def test_numbers_that_a_user_expects() -> None:
    greedy = assumed_variation(0.6, 0.1)
    assert greedy.within == 0.0
    assert greedy.between == pytest.approx(0.24 + 0.21 - math.sqrt(0.24 * 0.21))
    half = assumed_variation(0.6, 0.1, within=0.5)
    assert half.within == pytest.approx(0.225) and half.between == pytest.approx(greedy.between / 2)
    # Above 1 the other column is the worse one; columns that differ by .1 differ at least there.
    assert assumed_variation(0.95, 0.1) == assumed_variation(0.95, -0.1)
    assert assumed_variation(0.9, 0.1, correlation=1.0).between == pytest.approx(0.09)


@pytest.mark.parametrize(
    ("sizes", "repeats", "greedy"),
    [((1,) * 40, 1, True), ((1,) * 30, 5, False), (simulation.families(24), 5, False)],
)
def test_a_promise_from_a_pilot_is_kept(sizes: tuple[int, ...], repeats: int, greedy: bool) -> None:
    """Plan by a large pilot; then the test detects the difference about as often as promised."""
    draw = np.random.default_rng(7)
    large = simulation.Kind(sizes * 25, repeats, greedy, 0.5, 0.72)
    pilot = pilot_of(_pairs(large, simulation.simulate(large, 1, draw)[0]))
    assert pilot is not None and pilot.repeated == (repeats > 1)
    kind = simulation.Kind(sizes, repeats, greedy, 0.5, 0.72)
    design = Design(sum(sizes), len(sizes), repeats, pilot.design.unequal)
    promised = power_of(0.22, standard_error(pilot.variation, design), len(sizes))
    number = 250
    found = [
        paired_difference(_pairs(kind, each)) for each in simulation.simulate(kind, number, draw)
    ]
    detected = sum(each is not None and each.test.p <= 0.05 for each in found) / number
    slack = 3 * math.sqrt(promised * (1 - promised) / number)
    assert detected == pytest.approx(promised, abs=0.03 + slack)
    assert 0.3 < promised < 0.98, "the case can tell"


def _pairs(kind: Any, right: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> list[Pair]:
    return [
        Pair(c, float(a), float(b), kind.repeats)
        for c, a, b in zip(kind.clusters, *right, strict=True)
    ]


def test_a_pilot_knows_where_its_variance_comes_from() -> None:
    """Sampling alone, questions alone, families alone."""
    draw = np.random.default_rng(3)
    coins = draw.binomial(10, 0.5, (400, 2))
    noise = pilot_of([Pair(place, a, b, 10) for place, (a, b) in enumerate(coins.tolist())])
    assert noise is not None
    assert noise.variation.within == pytest.approx(0.5, abs=0.02)
    assert noise.variation.between == pytest.approx(0.0, abs=0.01)
    fixed = pilot_of([Pair(place, 0, place % 2 * 4, 4) for place in range(400)])
    assert fixed is not None and fixed.variation.within == 0.0
    assert fixed.variation.between == pytest.approx(0.25, abs=0.01)
    alike = pilot_of([Pair(place // 4, 0, place // 4 % 2, 1) for place in range(400)])
    assert alike is not None and alike.variation.icc == pytest.approx(1.0)
    assert alike.design == Design(400, 100) and not alike.repeated
    assert pilot_of([]) is None


def test_the_pairs_of_a_run_say_what_they_could_have_detected() -> None:
    pairs = [Pair(place, place % 2, (place % 3) > 0, 1) for place in range(30)]
    found = paired_difference(pairs)
    assert found is not None and found.se is not None and found.detectable is not None
    assert power_of(found.detectable, found.se, 30) == pytest.approx(0.8)
    same = paired_difference([Pair(place, 1, 1, 1) for place in range(30)])
    assert same is not None and same.detectable is None


def test_findings_on_a_difference() -> None:
    assert finding(-0.04, 0.03, 0.05) == "tied"
    assert finding(0.01, 0.04, 0.05, different=True) == "tied"
    assert finding(0.01, 0.40, 0.05, different=True) == "better"
    assert finding(-0.40, -0.01, None, different=True) == "worse"
    assert finding(-0.04, 0.06, 0.05) == "open" and finding(0.0, 0.0, None) == "open"
    assert shared_margin([None, 0.05, 0.02]) == 0.02 and shared_margin([None]) is None
    assert could_detect(0.1949, 20).startswith("A difference of .19 could have been detected")
    assert could_detect(None, 1) == "No difference could have been detected with 1 cluster."

    def said(low: float, high: float, margin: float | None, different: bool) -> str:
        return sentence(low, high, margin=margin, different=different, detectable=0.2, clusters=9)

    assert said(-0.1, 0.1, 0.15, False) == "Tied: the interval lies inside the margin of .15."
    assert said(0.1, 0.2, 0.15, True) == "The second is better."
    assert said(-0.1, 0.2, None, False).startswith("Not decided. A difference of .20 could")
