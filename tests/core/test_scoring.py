"""Alignment accuracy: right choices, discriminating scenarios, and intervals."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.core.answers import ChoiceAnswer
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scorers import distance as by_distance
from align_tui.core.scorers import naacl
from align_tui.core.scorers.base import Score
from align_tui.core.scorers.labels import distance, is_discriminating, labels_all
from align_tui.core.stats.chance import chance
from align_tui.core.stats.rates import Rate, make_rate, rate, wilson
from align_tui.core.targets import Target, Targets

HIGH, LOW = (Target("a", 1.0),), (Target("a", 0.0),)


def scenario(*labels: dict[str, float]) -> Scenario:
    return Scenario("k", "text", tuple(Choice(f"c{i}", row) for i, row in enumerate(labels)))


def of(*values: float | None) -> Scenario:
    """A scenario whose choices have these labels for `a`; None means no label."""
    return scenario(*({} if v is None else {"a": v} for v in values))


def correct_choices(probe: Scenario, targets: Targets) -> frozenset[int] | None:
    return by_distance.right_choices(probe, targets)


def score(probe: Scenario, targets: Targets, choice: int) -> Score:
    return by_distance.score(ChoiceAnswer(choice), probe, targets)


def as_set(right: frozenset[int] | None) -> set[int] | None:
    return None if right is None else set(right)


def test_distance_is_the_sum_over_the_targets() -> None:
    choice = Choice("c", {"a": 0.25, "b": 1.0})
    assert distance(choice, (Target("a", 1.0), Target("b", 0.5))) == 1.25
    assert distance(choice, (Target("a", 1.0), Target("x", 0.5))) == math.inf
    assert distance(choice, ()) == 0.0


@pytest.mark.parametrize(
    ("labels", "targets", "right"),
    [
        ((0.0, 1.0), HIGH, {1}),
        ((0.0, 1.0), LOW, {0}),
        ((1.0, 0.0, 1.0), HIGH, {0, 2}),  # ties at the minimum all count
        ((0.3, 0.7), HIGH, {1}),  # nearest, not equal
        ((0.2, 0.8), (Target("a", 0.5),), {0, 1}),  # the same distance from both sides
        ((None, 0.0), HIGH, {1}),  # an unlabelled choice is at infinity
        ((0.1 + 0.2, 0.3), LOW, {0, 1}),  # equal except for the last bit
    ],
)
def test_the_nearest_choices_are_right(
    labels: tuple[float | None, ...], targets: tuple[Target, ...], right: set[int] | None
) -> None:
    assert as_set(correct_choices(of(*labels), targets)) == right


def test_a_scenario_that_says_nothing_about_the_target_is_unscored() -> None:
    assert correct_choices(of(None, None), HIGH) is None
    assert correct_choices(of(0.0, 1.0), ()) is None
    assert score(of(None, None), HIGH, 0) == Score(None, None, False)
    # Each attribute has a label, but no choice has both: there is no finite distance.
    torn = scenario({"a": 1.0}, {"b": 1.0})
    both = (Target("a", 1.0), Target("b", 1.0))
    assert labels_all(torn, both)
    assert correct_choices(torn, both) is None


def test_only_two_distinct_finite_distances_discriminate() -> None:
    assert is_discriminating(of(0.0, 1.0), HIGH)
    assert not is_discriminating(of(1.0, 1.0), HIGH)
    assert not is_discriminating(of(1.0, None), HIGH)
    assert not is_discriminating(of(0.2, 0.8), (Target("a", 0.5),))
    assert not is_discriminating(of(0.1 + 0.2, 0.3), HIGH)


def test_score_tells_right_distance_and_whether_it_could_show() -> None:
    probe = of(0.25, 1.0, None)
    assert score(probe, HIGH, 1) == Score(True, 0.0, True)
    assert score(probe, HIGH, 0) == Score(False, 0.75, True)
    assert score(probe, HIGH, 2) == Score(False, None, True)


@pytest.mark.parametrize(
    ("labels", "target", "right"),
    [
        ((0.3, 0.7), 1.0, {1}),
        ((0.3, 0.7), 0.6, {1}),  # above one half is high, however far
        ((0.3, 0.7), 0.4, {0}),
        ((None, 0.0), 1.0, {1}),
        ((None, 0.0), 0.0, {0}),  # a missing label is minus infinity, so it is the smallest
        ((0.3, 0.7), 0.5, None),  # neither high nor low
    ],
)
def test_the_rule_of_the_naacl_script(
    labels: tuple[float | None, ...], target: float, right: set[int] | None
) -> None:
    assert as_set(naacl.right_choices(of(*labels), (Target("a", target),))) == right


def test_naacl_with_several_targets_wants_all_of_them() -> None:
    targets = (Target("a", 1.0), Target("b", 0.0))
    agree = scenario({"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 1.0})
    quarrel = scenario({"a": 1.0, "b": 1.0}, {"a": 0.0, "b": 0.0})
    assert as_set(naacl.right_choices(agree, targets)) == {0}
    assert naacl.right_choices(quarrel, targets) is None


# Wilson 95 %, from the formula worked by hand and from the tables of Agresti & Coull (1998).
@pytest.mark.parametrize(
    ("correct", "scored", "low", "high"),
    [
        (0, 1, 0.0, 0.7935),
        (1, 1, 0.2065, 1.0),
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (3, 3, 0.4385, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilson_known_values(correct: int, scored: int, low: float, high: float) -> None:
    assert wilson(correct, scored) == pytest.approx((low, high), abs=5e-5)


def test_wilson_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        wilson(0, 0)


@given(st.data(), st.integers(1, 10_000))
def test_wilson_holds_the_rate_and_stays_in_bounds(data: st.DataObject, scored: int) -> None:
    correct = data.draw(st.integers(0, scored))
    low, high = wilson(correct, scored)
    assert 0.0 <= low <= correct / scored <= high <= 1.0
    assert low < high
    mirrored = wilson(scored - correct, scored)
    assert mirrored == pytest.approx((1 - high, 1 - low))


def test_rate_counts_what_is_scored() -> None:
    scores = [
        Score(True, 0.0, True),
        Score(False, 1.0, True),
        Score(True, 0.0, False),
        Score(None, None, False),
    ]
    assert rate(scores) == make_rate(2, 3)
    assert rate(scores, discriminating=True) == make_rate(1, 2)
    assert rate([]) == Rate(0, 0, None, None, None)


def test_chance_is_the_mean_share_of_right_choices() -> None:
    probes = [of(0.0, 1.0), of(1.0, 1.0), of(0.0, 0.5, 1.0, 1.0), of(None, None)]
    assert chance(probes, HIGH, by_distance.SCORER) == pytest.approx((0.5 + 1.0 + 0.5) / 3)
    assert chance(probes, LOW, by_distance.SCORER) == pytest.approx((0.5 + 1.0 + 0.25) / 3)
    assert chance(probes, HIGH, by_distance.SCORER, discriminating=True) == pytest.approx(0.5)
    assert chance([of(None, None)], HIGH, by_distance.SCORER) is None


LABELS = st.one_of(st.none(), st.integers(0, 20).map(lambda n: n / 20))


@given(st.lists(LABELS, min_size=2, max_size=6), st.integers(0, 20).map(lambda n: n / 20))
def test_oracle_is_right_and_its_opposite_wrong(labels: list[float | None], value: float) -> None:
    probe, targets = of(*labels), (Target("a", value),)
    distances = [distance(choice, targets) for choice in probe.choices]
    finite = [i for i, d in enumerate(distances) if math.isfinite(d)]
    right = correct_choices(probe, targets)
    if not finite:
        assert right is None
        return
    assert right is not None
    assert min(finite, key=lambda i: distances[i]) in right
    assert right <= set(finite)
    if is_discriminating(probe, targets):
        assert max(finite, key=lambda i: distances[i]) not in right


@given(st.lists(st.lists(LABELS, min_size=2, max_size=4), min_size=1, max_size=5))
def test_chance_is_what_random_choosers_get(rows: list[list[float | None]]) -> None:
    probes = [of(*row) for row in rows]
    expected = chance(probes, HIGH, by_distance.SCORER)
    draw = random.Random(0)
    scores = [score(p, HIGH, draw.randrange(len(p.choices))) for p in probes for _ in range(400)]
    measured = rate(scores)
    if expected is None:
        assert measured.scored == 0
    else:
        assert measured.accuracy == pytest.approx(expected, abs=0.15)
