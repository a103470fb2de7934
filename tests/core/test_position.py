"""P(first), and the accuracy of choosers of one place."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from align_tui.config.attributes import load_attributes
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scorers.registry import find_scorer
from align_tui.core.stats.position import NO_POSITION, Placed, always_rates, position_rate
from align_tui.core.targets import Target
from align_tui.formats.library import find_scenarios

DISTANCE = find_scorer("distance")


def placed(places: list[int], choices: int = 2) -> list[Placed]:
    return [Placed(i, i, choices, (place,)) for i, place in enumerate(places)]


def test_one_that_takes_the_first_leaves_what_a_blind_chooser_has() -> None:
    found = position_rate(placed([0] * 12))
    assert found.first is not None and found.first.mean == 1.0 and found.expected == 0.5
    assert found.leaves_expected and found.by_place == (1.0, 0.0)
    assert position_rate([]) == NO_POSITION and not NO_POSITION.leaves_expected


def test_a_blind_chooser_does_not_leave_it() -> None:
    places = [random.Random(i).randrange(3) for i in range(90)]
    found = position_rate(placed(places, 3))
    assert found.expected == pytest.approx(1 / 3) and not found.leaves_expected
    assert sum(found.by_place) == pytest.approx(1.0)


def test_repeats_count_as_one_question_and_several_orders_as_one_decision() -> None:
    once = position_rate(placed([0, 1, 0, 1]))
    often = position_rate(placed([0, 1, 0, 1]) * 50)
    assert once.first is not None and often.first is not None
    assert often.first.mean == once.first.mean and often.first.clusters == 4
    assert often.decisions == 200 and not often.leaves_expected
    both = position_rate([Placed(i, i, 2, (0, 1)) for i in range(5)])
    assert both.first is not None and both.first.mean == 0.5


def test_a_place_alone_is_scored_on_the_scenarios_that_have_it() -> None:
    two = [
        Scenario(f"s{i}", f"Who? {i}", (Choice("a", {"x": 0.0}), Choice("b", {"x": 1.0})))
        for i in range(8)
    ]
    three = Scenario("t", "Who?", (*two[0].choices, Choice("c", {"x": 1.0})))
    first, second, third = always_rates([*two, three], (Target("x", 1.0),), DISTANCE)
    assert (second.rate.correct, second.rate.scored) == (9, 9) and second.wins
    assert first.rate.correct == 0 and first.leaves_chance and not first.wins
    assert (third.rate.correct, third.rate.scored) == (1, 1) and not third.wins
    assert always_rates(two, (Target("y", 1.0),), DISTANCE) == ()


def test_scenarios_of_one_cluster_are_no_evidence_for_each_other() -> None:
    """12 of 12 leaves chance; where they are 3 situations it does not."""
    shown = [
        Scenario(f"s{i}", f"Who? {i}", (Choice("a", {"x": 0.0}), Choice("b", {"x": 1.0})))
        for i in range(12)
    ]
    high = (Target("x", 1.0),)
    _, alone = always_rates(shown, high, DISTANCE)
    _, together = always_rates(shown, high, DISTANCE, [i % 3 for i in range(12)])
    assert alone.wins and alone.p == pytest.approx(2 / 2**12)
    assert not together.leaves_chance and together.p == pytest.approx(2 / 2**3)
    assert (together.rate.correct, together.rate.clusters) == (12, 3)
    assert together.rate.low is not None and alone.rate.low is not None
    assert together.rate.low < alone.rate.low


def test_always_second_is_right_in_all_of_mtas_risk_aversion(shared_data: Path) -> None:
    path = shared_data / "mta" / "paper-dataset-1-12.json"
    scenarios = find_scenarios(str(path), load_attributes()).scenarios
    first, second = always_rates(scenarios, (Target("risk_aversion", 1.0),), DISTANCE)
    assert (second.rate.correct, second.rate.scored) == (8, 8) and second.wins
    assert first.rate.correct == 0
