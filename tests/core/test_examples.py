"""Selecting and preparing in-context examples: what holds for every set of candidates."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.errors import ExampleError
from align_tui.core.examples.answers import compared, example_targets, nearest_choice, scores_of
from align_tui.core.examples.bm25 import Bm25
from align_tui.core.examples.example_set import (
    Example,
    ExampleSet,
    Normalise,
    candidate_of,
    example_set,
    example_set_from_json,
    only_labelled,
    prepared,
)
from align_tui.core.examples.score_answers import reason_per_choice_answer, shared_reason_answer
from align_tui.core.examples.selection import (
    Candidate,
    LeaveOut,
    Selected,
    SelectionRule,
    pool,
    shortage,
    take,
)
from align_tui.core.examples.word_overlap import nearest_text, word_overlap
from align_tui.core.scenarios import VARIANT_OF, Character, Choice, Scenario
from align_tui.core.targets import Target
from align_tui.core.types import JsonObject, loads
from tests.conftest import make_scenarios

few = st.lists(st.sampled_from(["a", "b", "c"]), max_size=3).map(tuple)
candidates = st.builds(
    Candidate, st.sampled_from(["s1", "s2", "s3", "s4 "]), st.sampled_from("pqrstu"), few, few, few
)
rules = st.builds(
    SelectionRule,
    number=st.integers(0, 6),
    method=st.sampled_from(["random", "scenario", "prompt", "actions", "characters"]),
    leave_out=st.sampled_from(["none", "scenario", "characters"]),
    least_similar=st.booleans(),
    most_similar_first=st.booleans(),
)
lists = st.lists(candidates, max_size=12)


def similarity(rule: SelectionRule, candidate: Candidate) -> float:
    """Equal texts are equally similar, as with every measure."""
    return (sum(map(ord, rule.text_of(candidate))) % 7) / 7


def select(
    probe: Candidate, listed: Sequence[Candidate], rule: SelectionRule, seed: int = 0
) -> tuple[Selected, ...]:
    pooled = pool(probe, listed, rule)
    return take(probe, listed, pooled, [similarity(rule, listed[i]) for i in pooled], rule, seed)


@settings(max_examples=40)
@given(candidates, lists, rules, st.integers(0, 99))
def test_the_number_is_met_or_an_error_says_how_many_are_left(
    probe: Candidate, listed: list[Candidate], rule: SelectionRule, seed: int
) -> None:
    try:
        found = select(probe, listed, rule, seed)
    except ExampleError as error:
        assert f"asks for {rule.number} example" in error.message and error.hint
        assert f"of {len(listed)} can be used" in error.message
        assert shortage([("k", probe)], listed, rule) == ("k", error.message)
        return
    assert len(found) == len({each.index for each in found}) == rule.number
    assert shortage([("k", probe)], listed, rule) is None


@settings(max_examples=40)
@given(candidates, lists, rules, st.integers(0, 99))
def test_leaving_out_never_yields_the_scenario_itself_or_its_people(
    probe: Candidate, listed: list[Candidate], rule: SelectionRule, seed: int
) -> None:
    try:
        found = select(probe, listed, rule, seed)
    except ExampleError:
        return
    taken = [listed[each.index] for each in found]
    if rule.leave_out == "scenario":
        assert all(each.scenario.strip() != probe.scenario.strip() for each in taken)
    if rule.leave_out == "characters" and probe.people:
        assert all(Counter(each.people) != Counter(probe.people) for each in taken)


@settings(max_examples=40)
@given(candidates, lists, rules, st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_decides_only_between_equals(
    probe: Candidate, listed: list[Candidate], rule: SelectionRule, shuffle: object
) -> None:
    """With any order of the set, the same similarities are taken, in the same order."""
    if rule.method == "random":
        return
    turned = list(listed)
    shuffle.shuffle(turned)  # type: ignore[attr-defined]  # hypothesis' Random
    results: list[list[float | None] | None] = []
    for each in (listed, turned):
        try:
            results.append([one.similarity for one in select(probe, each, rule)])
        except ExampleError:
            results.append(None)
    assert results[0] == results[1]


def test_of_equals_the_first_listed_is_taken_and_stands_where_a_more_similar_one_would() -> None:
    listed = [Candidate(f"s{i}", f"p{i}") for i in range(4)]
    for least, first, expected in (
        (False, True, [0, 1]),
        (False, False, [1, 0]),
        (True, True, [0, 1]),
        (True, False, [1, 0]),
    ):
        rule = SelectionRule(2, "prompt", "none", least, first)
        found = take(Candidate(""), listed, range(4), [0.5] * 4, rule, 0)
        assert [each.index for each in found] == expected


def test_the_most_similar_stands_last_unless_asked() -> None:
    listed = [Candidate(f"s{i}", f"p{i}") for i in range(3)]
    rule = SelectionRule(3, "prompt", "none")
    found = take(Candidate(""), listed, range(3), [0.1, 0.9, 0.5], rule, 0)
    assert [each.index for each in found] == [0, 2, 1]
    found = take(Candidate(""), listed, range(3), [0.1, 0.9, 0.5], replace(
        rule, most_similar_first=True), 0)  # fmt: skip
    assert [(each.index, each.similarity) for each in found] == [(1, 0.9), (2, 0.5), (0, 0.1)]


def test_people_are_the_same_in_any_order_but_not_where_nobody_is_named() -> None:
    probe = Candidate("one", people=("a", "b"))
    others = [Candidate("two", "p", ("b", "a")), Candidate("three", "q", ("a",))]
    rule = SelectionRule(1, "prompt", "characters")
    assert pool(probe, others, rule) == [1]
    assert pool(probe, others, replace(rule, in_listed_order=True)) == [0, 1]
    nobody = [Candidate("two", "p"), Candidate("one", "q")]
    assert pool(Candidate("one"), nobody, rule) == [0]


def test_bm25_prefers_rare_words_and_counts_each_word_of_the_question_once() -> None:
    texts = ["the rescuer and the thief", "the nurse", "the the the the", ""]
    index = Bm25(texts)
    scores = index.similarities("the RESCUER, the rescuer", range(4))
    assert scores[0] == max(scores) and scores[3] == 0
    assert scores == index.similarities("rescuer the", range(4))
    # By hand: idf ln(1 + 3.5/1.5), one "rescuer" in 5 words of 2.75 on average.
    alone = index.similarities("rescuer", [0])[0]
    idf, norm = math.log(1 + 3.5 / 1.5), 1.5 * (0.25 + 0.75 * 5 / 2.75)
    assert alone == pytest.approx(idf * 2.5 / (1 + norm))
    assert Bm25([]).similarities("x", []) == []


@settings(max_examples=40)
@given(st.lists(st.text("ab c", max_size=12), max_size=6), st.text("ab cd", max_size=9))
def test_bm25_is_never_negative(texts: list[str], text: str) -> None:
    assert all(score >= 0 for score in Bm25(texts).similarities(text, range(len(texts))))


@settings(max_examples=40)
@given(st.text(), st.text())
def test_word_overlap_is_symmetric_and_bounded(first: str, second: str) -> None:
    found = word_overlap(first, second)
    assert found == word_overlap(second, first)
    assert 0 <= found <= 1 or found in (2.0, 3.0)
    assert word_overlap(first, first) == 3.0
    assert nearest_text(first, [second, first]) == (0 if first == second else 1)


labels = st.dictionaries(st.sampled_from(["merit", "medical"]), st.floats(0, 1), max_size=2)
scenarios = st.builds(
    lambda text, given, people: Scenario(
        text,
        text,
        tuple(Choice(f"{text}{i}", each, "ACT", "a") for i, each in enumerate(given)),
        characters=people,
    ),
    st.text("xyz", min_size=1, max_size=4),
    st.lists(labels, min_size=2, max_size=4),
    st.just((Character("a", "Ana", "hurt", {"intent": "none"}),)),
)
reasons = st.dictionaries(st.sampled_from(["merit", "medical"]), st.text(max_size=5), max_size=2)
examples = st.builds(
    lambda scenario, why: Example(scenario, (why,) * len(scenario.choices) if why else ()),
    scenarios,
    reasons,
)


@settings(max_examples=40)
@given(st.lists(examples, max_size=4).map(tuple))
def test_a_stored_set_is_read_back_equal(made: tuple[Example, ...]) -> None:
    found = example_set_from_json(loads(ExampleSet(made).body))
    assert found.examples == made and found.sha256 == ExampleSet(made).sha256


@settings(max_examples=40)
@given(
    st.lists(examples, max_size=5),
    st.sampled_from(["given", "sorted", "reversed", "shuffled"]),
    st.sampled_from(["none", "attribute", "scenario"]),
)
def test_preparing_keeps_choices_with_their_labels_and_stretches_them_to_0_to_1(
    made: list[Example], order: str, normalise: str
) -> None:
    found = prepared(made, order, normalise, 3)  # type: ignore[arg-type]
    for before, after in zip(made, found, strict=True):
        texts = [choice.text for choice in after.scenario.choices]
        assert sorted(texts) == sorted(before.scenario.choice_texts)
        if order in ("sorted", "reversed"):
            assert texts == sorted(texts, reverse=order == "reversed")
        for choice in after.scenario.choices:
            was = next(c for c in before.scenario.choices if c.text == choice.text)
            assert set(choice.labels) == set(was.labels)
            assert all(0 <= value <= 1 for value in choice.labels.values())
            if normalise == "none":
                assert choice == was
    assert found == prepared(made, order, normalise, 3)  # type: ignore[arg-type]


def two(first: float | None, second: float | None) -> Scenario:
    given = [{} if value is None else {"merit": value} for value in (first, second)]
    return Scenario(
        "k", "text", tuple(Choice(t, each) for t, each in zip("AB", given, strict=True))
    )


def test_equal_labels_become_one_half_where_they_are_stretched() -> None:
    ways: tuple[Normalise, ...] = ("attribute", "scenario")
    for normalise in ways:
        [found] = prepared([Example(two(0.4, 0.4))], "given", normalise)
        assert [choice.labels["merit"] for choice in found.scenario.choices] == [0.5, 0.5]


def test_the_nearest_choice_goes_by_the_labels_that_a_scenario_has() -> None:
    both = (Target("merit", 0.0), Target("medical", 1.0))
    assert nearest_choice(two(0.9, 0.2), both) == 1
    assert nearest_choice(two(None, 0.9), both) == 1
    assert nearest_choice(two(None, None), both) is None
    assert nearest_choice(two(None, None), both, as_reference=True) == 0
    assert nearest_choice(two(0.4, 0.6), (Target("merit", 0.5),)) == 0  # the first of equals


def test_scores_are_rounded_and_equal_ones_are_called_equal() -> None:
    scenario = two(0.29, 0.57)
    assert scores_of(scenario, "merit") == {0: 29, 1: 57}
    assert scores_of(scenario, "merit", as_reference=True) == {0: 28, 1: 56}
    same = compared({0: 40, 1: 40, 2: 90})
    assert same is not None and (same.greater, same.lesser, same.degree) == (2, 0, "plain")
    equal = compared({0: 40, 1: 40})
    assert equal is not None and equal.degree == "equal"
    assert compared({0: 40}) is None


def test_targets_of_examples_are_listed_once_and_unknown_ones_ask_for_the_highest() -> None:
    merit = Target("merit", 0.2)
    assert example_targets((merit,)) == (merit,)
    found = example_targets((merit,), ("medical", "*", "merit"))
    assert found == (Target("medical", 1.0), merit)
    assert example_targets(()) == ()


def test_reasons_come_from_records_and_from_choices_by_attribute_id() -> None:
    known = Attributes({"merit": Attribute("merit", "m", "d", "h", "l", ("Merit!",))})
    record = two(0.1, 0.9)
    in_record = replace(
        record, source={"record": {"reasoning": [{"Merit!": " why "}, {"other": 3}]}}
    )
    in_choices = replace(
        record, source={"choices": [{"reasons": {"merit": "why"}}, {}], "format": "native"}
    )
    for scenario in (in_record, in_choices):
        [found] = example_set([scenario], known).examples
        assert found.reasons == ({"merit": "why"}, {}) and found.scenario.source == {}
        assert [found.reason(0, "merit"), found.reason(1, "merit"), found.reason(9, "x")] == [
            "why", "", ""]  # fmt: skip
    odd: tuple[JsonObject, ...] = (
        {"record": {"reasoning": "no list"}},
        {"record": {"reasoning": [{}]}},
        {},
    )
    for source in odd:
        assert example_set([replace(record, source=source)], known).examples[0].reasons == ()


def test_a_variant_never_gets_its_original_as_an_example() -> None:
    original, other = make_scenarios(2)
    variant = replace(original, key="s0~1", text="Changed.", meta={VARIANT_OF: "s0"})
    listed = [candidate_of(original, "p"), candidate_of(other, "q")]
    ways: tuple[LeaveOut, ...] = ("scenario", "characters")
    for way in ways:
        assert pool(candidate_of(variant, "r"), listed, SelectionRule(1, "prompt", way)) == [1]
    assert pool(candidate_of(variant, "r"), listed, SelectionRule(1, "prompt", "none")) == [0, 1]
    assert shortage([("v", candidate_of(variant))], listed, SelectionRule(2)) is not None


def test_scores_are_answered_with_one_reason_or_with_one_for_each_choice() -> None:
    example = Example(two(0.57, 0.1), ({"merit": "A helped."}, {}))
    assert shared_reason_answer(example, "merit", "merit") == {
        "reasoning": '"A" shows more merit than "B".',
        "A": {"score": 57},
        "B": {"score": 10},
    }
    each = reason_per_choice_answer(example, "merit", "merit", 10)
    assert each == {
        "A": {"reasoning": "A helped.", "score": 6},
        "B": {"reasoning": "This choice scores 1 of 10 in merit.", "score": 1},
    }
    [alone] = only_labelled([Example(two(None, 0.9)), Example(two(None, None))], "merit")
    assert alone.scenario.choice_texts == ("B",)
    one = shared_reason_answer(alone, "merit", "merit")
    assert one == {"reasoning": "This choice scores 90 of 100 in merit.", "B": {"score": 90}}
    assert shared_reason_answer(alone, "order", "order") is None
    assert reason_per_choice_answer(alone, "order", "order") is None
