"""Columns of different runs in pairs, agreement, settings, and the difference of two texts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.core.columns import (
    Column,
    Outcome,
    column_agreement,
    column_rate,
    pair_up,
    paired_counts,
    scored_pairs,
    versus_options,
)
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scorers.distance import SCORER
from align_tui.core.settings import beside, flatten
from align_tui.core.stats.agreement import agreement
from align_tui.core.stats.paired import PairedCounts
from align_tui.core.targets import Target, Targets
from align_tui.core.text.word_diff import MAX_WORDS, word_difference
from tests.conftest import make_scenarios

HIGH: Targets = (Target("moral_desert", 1.0),)
LOW: Targets = (Target("moral_desert", 0.0),)


def column(
    scenarios: tuple[Scenario, ...],
    choices: dict[tuple[int, int], int | None],
    targets: Targets = (),
    name: str = "c",
) -> Column:
    outcomes = {place: Outcome(i, choice) for i, (place, choice) in enumerate(choices.items())}
    return Column("r", 0, name, targets, (HIGH,), SCORER, {}, scenarios, outcomes)


def test_scenarios_pair_by_content_and_not_by_place() -> None:
    scenarios = make_scenarios(4)
    a = column(scenarios, {(0, 0): 0, (1, 0): 0, (2, 0): 0, (3, 0): 0}, HIGH)
    renamed = tuple(replace(s, key=f"other-{s.key}") for s in reversed(scenarios[1:]))
    b = column(renamed, {(0, 0): 1, (1, 0): 0, (2, 0): None}, HIGH)
    paired = pair_up([a, b])
    assert [row.places for row in paired.rows] == [(1, 2), (2, 1), (3, 0)]
    assert [row.choices for row in paired.rows] == [(0, None), (0, 0), (0, 1)]
    assert [row.differs for row in paired.rows] == [False, False, True]
    assert paired.left_out == (1, 0)
    # In s1 and s3 the second choice has high moral desert.
    scored = scored_pairs(paired, 0, 1, ())
    assert paired_counts(scored) == PairedCounts(both=1, only_b=1)
    assert column_agreement(paired, 0, 1).same == 1
    assert column_rate(paired, 0, (), discriminating=False).scored == 3


def test_other_labels_are_another_scenario() -> None:
    [one] = make_scenarios(1)
    relabelled = replace(one, choices=tuple(replace(c, labels={"x": 1.0}) for c in one.choices))
    assert pair_up([column((one,), {(0, 0): 0}), column((relabelled,), {(0, 0): 0})]).rows == ()


def test_the_same_scenario_twice_pairs_in_order_and_repeats_by_number() -> None:
    [one] = make_scenarios(1)
    twice = (one, replace(one, key="again"))
    a = column(twice, {(0, 0): 0, (0, 1): 1, (1, 0): 1})
    b = column(twice, {(0, 0): 1, (1, 0): 1})
    paired = pair_up([a, b])
    assert [(row.places, row.repeat) for row in paired.rows] == [((0, 0), 0), ((1, 1), 0)]
    rate = column_rate(paired, 0, HIGH, discriminating=False)
    assert (rate.scored, rate.questions, rate.clusters) == (2, 2, 1)
    assert (rate.method, rate.low, rate.high) == ("one cluster", 0.0, 1.0)


def test_a_column_without_targets_is_scored_under_the_others() -> None:
    scenarios = make_scenarios(2)
    base = column(scenarios, {(0, 0): 0, (1, 0): 0})
    low = column(scenarios, {(0, 0): 1, (1, 0): 1}, LOW)
    assert versus_options([base, low]) == (LOW,)
    assert versus_options([base, base]) == (HIGH,)
    paired = pair_up([base, low])
    assert paired_counts(scored_pairs(paired, 0, 1, LOW)) == PairedCounts(only_b=1, only_a=1)
    assert scored_pairs(paired, 0, 1, ()) == []


def test_only_discriminating_pairs() -> None:
    even = Scenario("e", "Text", tuple(Choice(t, {"moral_desert": 0.5}) for t in ("a", "b")))
    scenarios = (even, *make_scenarios(1))
    one = column(scenarios, {(0, 0): 0, (1, 0): 0}, HIGH)
    paired = pair_up([one, one])
    assert len(scored_pairs(paired, 0, 1, ())) == 2
    assert len(scored_pairs(paired, 0, 1, (), discriminating=True)) == 1


def test_probes_under_two_attributes_are_one_cluster() -> None:
    [one] = make_scenarios(1)
    other = replace(one, choices=tuple(replace(c, labels={"fairness": 1.0}) for c in one.choices))
    both = column((one, other), {(0, 0): 0, (1, 0): 0})
    assert pair_up([both]).clustering.clusters == 1


def test_nothing_to_pair() -> None:
    assert pair_up([]).rows == ()


def test_agreement_by_hand() -> None:
    found = agreement([(0, 0, 2), (1, 1, 2), (0, 1, 2), (3, 3, 4)])
    assert (found.pairs, found.same, found.share) == (4, 3, 0.75)
    assert found.chance == pytest.approx((0.5 * 3 + 0.25) / 4)
    assert found.corrected == pytest.approx((0.75 - 0.4375) / 0.5625)
    assert found.low is not None and found.low < 0.75
    assert agreement([]).share is None


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.just(4)), min_size=1))
def test_agreement_knows_no_side(pairs: list[tuple[int, int, int]]) -> None:
    found = agreement(pairs)
    assert found == agreement([(b, a, n) for a, b, n in pairs])
    assert found.corrected is not None and found.corrected <= 1.0
    assert (found.corrected == 1.0) == all(a == b for a, b, _ in pairs)


def test_settings_beside_each_other() -> None:
    one = flatten({"adm": {"kind": "random"}, "load": [1, 2], "target": [{"value": 1.0}]})
    assert one == {"adm.kind": "random", "load": "[1, 2]", "target.1.value": "1.0"}
    rows = beside([one, flatten({"adm": {"kind": "fixed", "index": 0}, "load": [1, 2]})])
    assert {row.name: row.differs for row in rows} == {
        "adm.kind": True, "load": False, "target.1.value": True, "adm.index": True,
    }  # fmt: skip


def test_words_that_only_one_text_has() -> None:
    a, b = word_difference("The rescuer, hurt, goes first.", "the arsonist hurt goes  first")
    assert [text.strip() for text, own in a if own] == ["rescuer,"]
    assert [text.strip() for text, own in b if own] == ["arsonist"]


@given(st.text(), st.text())
def test_a_difference_loses_no_text(a: str, b: str) -> None:
    parts_a, parts_b = word_difference(a, b)
    assert "".join(text for text, _ in parts_a) == a
    assert "".join(text for text, _ in parts_b) == b
    assert not any(own for part in word_difference(a, a) for _, own in part)


def test_long_texts_are_compared_as_far_as_that_is_quick() -> None:
    parts, _ = word_difference("a b " * MAX_WORDS, "c")
    assert parts[-1][1] is False and "".join(text for text, _ in parts) == "a b " * MAX_WORDS
