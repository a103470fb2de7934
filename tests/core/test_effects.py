"""Steering effects, accuracy against chance, bounds, spread and the mean over attributes."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson_binom

from align_tui.core.column_numbers import column_numbers
from align_tui.core.columns import Column, Outcome, pair_up
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scorers.distance import SCORER
from align_tui.core.stats.against_chance import against_chance, right_by_chance
from align_tui.core.stats.clusters import Asked, cluster_mean
from align_tui.core.stats.effects import Steered, steering_effect
from align_tui.core.stats.macro import macro_mean, mean_of
from align_tui.core.stats.rates import clustered_rate
from align_tui.core.stats.spread import Unsure, failure_bounds, spread_of
from align_tui.core.steering import (
    Opposed,
    differently_aimed,
    opposed,
    steering_between,
    steering_effects,
    steering_pairs,
)
from align_tui.core.targets import Target, Targets

HIGH: Targets = (Target("merit", 1.0),)
LOW: Targets = (Target("merit", 0.0),)
CHANCES = st.floats(0.05, 0.95)
BITS = st.integers(0, 1)


def test_the_effect_is_the_difference_of_mean_labels() -> None:
    # Three questions asked twice: labels 0 1 | 1 1 | 0 0 under low, 1 1 | 1 1 | 1 0 under high.
    found = steering_effect(
        [
            Steered(0, low=1, high=2, labelled=2, flips=1, times=2),
            Steered(1, low=2, high=2, labelled=2, flips=0, times=2),
            Steered(2, low=0, high=1, labelled=2, flips=1, times=2),
        ]
    )
    assert found.labels is not None
    assert found.flips is not None
    assert found.labels.value == pytest.approx((0.5 + 0 + 0.5) / 3)
    assert found.labels.clusters == 3
    assert found.flips.mean == pytest.approx(1 / 3)
    # Both clusters that moved have the same sum: 2 of 4 assignments of signs are as extreme.
    assert found.labels.test.largest == 0.5


def test_a_flip_between_equal_labels_moves_no_label() -> None:
    found = steering_effect([Steered(i, 1, 1, 1, flips=1, times=1) for i in range(4)])
    assert found.labels is not None
    assert found.flips is not None
    assert (found.labels.value, found.flips.mean) == (0.0, 1.0)


@settings(max_examples=25)
@given(st.lists(st.tuples(BITS, BITS), min_size=2, max_size=30))
def test_the_interval_follows_the_scale_of_the_labels(pairs: list[tuple[int, int]]) -> None:
    whole = steering_effect([Steered(i, a, b, 1, a != b, 1) for i, (a, b) in enumerate(pairs)])
    close = steering_effect(
        [Steered(i, 0.4 + 0.2 * a, 0.4 + 0.2 * b, 1, a != b, 1) for i, (a, b) in enumerate(pairs)],
        ends=(0.4, 0.6),
    )
    assert whole.labels is not None
    assert close.labels is not None
    assert close.labels.low == pytest.approx(0.2 * whole.labels.low)
    assert close.labels.high == pytest.approx(0.2 * whole.labels.high)
    assert close.labels.test.p == pytest.approx(whole.labels.test.p)


@settings(max_examples=25)
@given(st.lists(st.tuples(BITS, BITS, st.integers(0, 4)), min_size=1, max_size=20))
def test_high_and_low_exchanged_give_the_opposite_effect(rows: list[tuple[int, int, int]]) -> None:
    ahead = steering_effect([Steered(c, a, b, 1, a != b, 1) for a, b, c in rows]).labels
    back = steering_effect([Steered(c, b, a, 1, a != b, 1) for a, b, c in rows]).labels
    assert ahead is not None
    assert back is not None
    assert back.value == pytest.approx(-ahead.value)
    assert (back.low, back.high) == pytest.approx((-ahead.high, -ahead.low))
    assert back.test.p == pytest.approx(ahead.test.p)


@settings(max_examples=25)
@given(st.lists(CHANCES, min_size=1, max_size=8), st.data())
def test_questions_asked_once_have_the_poisson_binomial_tail(
    chances: list[float], data: st.DataObject
) -> None:
    right = data.draw(st.integers(0, len(chances)))
    asked = [Asked(i, int(i < right), 1) for i in range(len(chances))]
    found = against_chance(asked, chances)
    assert found is not None
    assert found.exact
    counted = math.fsum(
        math.prod(p if hit else 1 - p for p, hit in zip(chances, hits, strict=True))
        for hits in product((True, False), repeat=len(chances))
        if sum(hits) >= right
    )
    assert found.p == pytest.approx(counted)
    assert found.p == pytest.approx(float(poisson_binom.sf(right - 1, chances)), abs=1e-9)
    assert found.chance == pytest.approx(math.fsum(chances) / len(chances))


def test_questions_of_a_cluster_are_right_together() -> None:
    # One draw decides both: right at .5 and at .25 with the chance .25, the first alone with .25.
    assert right_by_chance([("a", 0.25), ("a", 0.5)]).tolist() == [0.5, 0.25, 0.25]
    eight = against_chance([Asked("a", 1, 1)] * 8, [0.5] * 8)
    assert eight is not None
    assert (eight.p, eight.exact, eight.clusters) == (0.5, False, 1)


def test_repeats_of_a_question_do_not_lower_p() -> None:
    once = against_chance([Asked(i, 1, 1) for i in range(6)], [0.5] * 6)
    often = against_chance([Asked(i, 20, 20) for i in range(6)], [0.5] * 6)
    assert once is not None
    assert often is not None
    assert once.p == often.p == 0.5**6
    assert (once.exact, often.exact) == (True, False)
    between = against_chance([Asked(i, 20 - 10 * (i == 0), 20) for i in range(6)], [0.5] * 6)
    assert between is not None
    assert between.p == pytest.approx((7 / 64 + 1 / 64) / 2)


@settings(max_examples=25)
@given(st.lists(st.tuples(BITS, st.integers(0, 5)), min_size=1, max_size=20), st.data())
def test_failures_bound_what_the_accuracy_would_have_been(
    rows: list[tuple[int, int]], data: st.DataObject
) -> None:
    failed = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    found = failure_bounds(
        Unsure(c, 0 if gone else right, 1 - gone, int(gone))
        for (right, c), gone in zip(rows, failed, strict=True)
    )
    if not any(failed):
        assert found is None
        return
    assert found is not None
    known = cluster_mean(Asked(c, right, 1) for right, c in rows)
    assert known is not None
    assert found.wrong.mean - 1e-12 <= known.mean <= found.right.mean + 1e-12
    assert found.right.mean - found.wrong.mean == pytest.approx(sum(failed) / len(rows))


def test_the_spread_of_repeats() -> None:
    found = spread_of([0.5, 0.7, 0.9])
    assert found is not None
    assert (found.repeats, found.low, found.high) == (3, 0.5, 0.9)
    assert found.deviation == pytest.approx(0.2)
    assert spread_of([0.5]) is None


@settings(max_examples=25)
@given(st.lists(st.lists(BITS, min_size=1, max_size=9), min_size=1, max_size=4))
def test_attributes_without_shared_clusters_are_independent(groups: list[list[int]]) -> None:
    asked = [
        [Asked((place, index), bit, 1) for index, bit in enumerate(group)]
        for place, group in enumerate(groups)
    ]
    found = macro_mean(asked)
    plain = mean_of([clustered_rate(group) for group in asked])
    assert found is not None
    assert plain is not None
    assert (found.accuracy, found.low, found.high) == pytest.approx(
        (plain.accuracy, plain.low, plain.high)
    )


def test_an_attribute_that_is_counted_twice_adds_no_certainty() -> None:
    group = [Asked(index, index % 3 > 0, 1) for index in range(12)]
    one, twice = macro_mean([group]), macro_mean([group, group])
    assert one is not None
    assert twice is not None
    assert (twice.low, twice.high) == pytest.approx((one.low, one.high))
    assert twice.of == 2


def scenarios(count: int) -> tuple[Scenario, ...]:
    """Scenarios of which the second choice is the one with high merit."""
    return tuple(
        Scenario(
            f"s{number}",
            f"Text {number}",
            (Choice("first", {"merit": 0.0}), Choice("second", {"merit": 1.0})),
        )
        for number in range(count)
    )


def column(
    choices: list[int | None],
    targets: Targets,
    kind: str = "aligned",
    run: str = "r",
    repeat: int = 1,
) -> Column:
    settings = {"adm.kind": kind, "study.repeat": str(repeat)} | {
        f"target.1.{t.attribute}": t.key for t in targets
    }
    outcomes = {
        divmod(place, repeat): Outcome(100 + place, choice) for place, choice in enumerate(choices)
    }
    shown = scenarios(len(choices) // repeat)
    return Column(run, 0, kind, targets, (HIGH, LOW), SCORER, settings, shown, outcomes)


def test_columns_that_differ_in_one_target_are_found_by_themselves() -> None:
    high, low = column([1, 1], HIGH), column([0, 0], LOW)
    other = column([1, 0], LOW, kind="oracle")
    middle = column([1, 0], (Target("merit", 0.5),))
    baseline = column([0, 1], ())
    assert steering_pairs([baseline, high, other, middle, low]) == ((4, 1),)
    assert steering_pairs([high, column([0, 0], LOW, run="q")]) == ((1, 0),)
    assert steering_pairs([high, high, baseline]) == ()
    again = [replace(each, run="q") for each in (high, low)]
    assert steering_pairs([high, low, *again]) == ((1, 0), (3, 2))


def test_two_attributes_differ_in_none_or_in_more_than_one_number() -> None:
    both = (Target("merit", 1.0), Target("care", 0.0))
    assert opposed(HIGH, LOW) == Opposed("merit", 0.0, 1.0, swapped=True)
    assert opposed(both, (Target("merit", 0.25), Target("care", 0.0))) == Opposed(
        "merit", 0.25, 1.0, swapped=True
    )
    assert opposed(both, (Target("care", 1.0), Target("merit", 0.0))) is None
    assert opposed(HIGH, HIGH) is None
    assert opposed(HIGH, (Target("care", 0.0),)) is None
    assert differently_aimed(HIGH, (Target("care", 0.0),))
    assert not differently_aimed(HIGH, ())
    assert not differently_aimed(both, both[::-1])


def test_effects_of_columns_carry_holm_over_all_that_are_shown() -> None:
    shown = [column([1] * 8, HIGH), column([0] * 8, LOW)]
    (alone,) = steering_effects(shown)
    assert (alone.low, alone.high, alone.effect.labels and alone.effect.labels.value) == (1, 0, 1.0)
    assert alone.p == alone.adjusted == 0.5**8
    two = steering_effects([*shown, *(replace(each, run="q") for each in shown)])
    assert [each.adjusted for each in two] == [2 * 0.5**8] * 2


def test_the_order_of_the_columns_does_not_turn_the_effect() -> None:
    paired = pair_up([column([1, 1, 0], HIGH), column([0, None, 0], LOW)])
    ahead, back = steering_between(paired, 0, 1), steering_between(paired, 1, 0)
    assert ahead is not None
    assert back is not None
    assert (ahead.low, ahead.high, ahead.effect) == (back.low, back.high, back.effect)
    assert ahead.effect.labels is not None
    assert ahead.effect.labels.value == 0.5  # the failed decision is in no pair


def test_the_numbers_beside_an_accuracy() -> None:
    # Two questions, each asked twice: right and failed, then wrong and right.
    found = column_numbers(
        column([1, None, 0, 1], HIGH, repeat=2),
        HIGH,
        {100: (0.2, 0.8), 102: (0.7, 0.3), 103: (0.4, 0.6)},
    )
    assert (found.rate.scored, found.rate.accuracy) == (3, 0.75)
    assert found.expected is not None
    assert found.expected.mean == pytest.approx((0.8 + 0.45) / 2)
    assert found.bounds is not None
    assert (found.bounds.failed, found.bounds.wrong.mean, found.bounds.right.mean) == (1, 0.5, 0.75)
    assert found.spread is not None
    assert (found.spread.low, found.spread.high) == (0.5, 1.0)
    assert found.chance is not None
    assert found.chance.chance == 0.5
    none = column_numbers(column([1, 1], ()), (), {})
    assert (none.rate.scored, none.expected, none.chance, none.bounds) == (0, None, None, None)
