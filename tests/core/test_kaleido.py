"""Kaleido's rules: estimates, which statements stay, word overlap, and the three distances."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.core.alignment import kaleido_distance
from align_tui.core.errors import AlignmentError
from align_tui.core.kaleido import (
    RatedStatement,
    estimate,
    kind_of,
    merge_by_vectors,
    merge_by_words,
    overall_valence,
    relevant,
    statement_of,
)
from align_tui.core.predictions import Prediction, Relevance
from align_tui.core.relevance import binarised, mean_over_choices, most_similar, share_of_picks
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.targets import Distribution, Target
from align_tui.core.text.stemming import stem
from align_tui.core.text.word_overlap import overlap

UNIT = st.floats(0.0, 1.0)
RATINGS = st.builds(StatementRating, UNIT, UNIT, UNIT, UNIT)


def rated(text: str, relevance: float, kind: str = "value") -> RatedStatement:
    return RatedStatement(Statement(kind_of(kind), text), StatementRating(relevance, 0.2, 0.3, 0.5))


def test_words_are_cut_to_their_stems_as_porter_says() -> None:
    words = "caresses ponies relational happy hopping agreed electricity controlling dying honesty"
    stems = "caress poni relat happi hop agre electr control die honesti"
    assert [stem(word) for word in words.split()] == stems.split()


@settings(max_examples=50)
@given(st.text(alphabet="abeilnsty", max_size=12))
def test_a_stem_is_never_longer_than_its_word_and_a_letter(word: str) -> None:
    assert len(stem(word)) <= len(word) + 1
    assert bool(stem(word)) == bool(word)


WORDS = st.lists(
    st.sampled_from(["help", "helps", "people", "fair", "fairly", "a", "of"]), max_size=6
)


@settings(max_examples=50)
@given(WORDS.map(" ".join), WORDS.map(" ".join))
def test_overlap_is_a_share_and_its_sides_swap(one: str, other: str) -> None:
    for measure in ("rouge1", "rougeL"):
        there, back = overlap(one, other, measure), overlap(other, one, measure)
        assert 0.0 <= there.fmeasure <= 1.0
        assert (there.precision, there.recall) == (back.recall, back.precision)


def test_overlap_counts_shared_stems_in_order_or_not() -> None:
    assert overlap("helps people", "help the people").fmeasure == pytest.approx(0.8)
    assert overlap("people first", "first people").fmeasure == 0.5
    assert overlap("people first", "first people", "rouge1").fmeasure == 1.0
    assert overlap("", "people").fmeasure == 0.0


def test_statements_are_read_from_the_models_text() -> None:
    assert statement_of("Duty: Duty to help") == Statement("duty", "Duty to help")
    assert [kind_of(word) for word in ("RIGHT", "values", "duties")] == ["right", "value", "duty"]
    for bad in ("Virtue: x", "Value", "Value: ", ""):
        with pytest.raises(ValueError):
            statement_of(bad)


def test_a_kind_without_its_own_threshold_takes_the_default() -> None:
    rows = [rated("a", 0.4), rated("b", 0.4, "right"), rated("c", 0.9, "duty")]
    assert relevant(rows, 0.4, {}) == [0, 1, 2]
    assert relevant(rows, {"value": 0.5}, {"right": 0.3, "duty": 0.95}) == [1]
    with pytest.raises(ValueError, match="virtue"):
        relevant(rows, {"virtue": 0.5}, {})  # type: ignore[dict-item]


def test_of_statements_that_say_the_same_the_most_relevant_stays() -> None:
    rows = [
        rated("help people", 0.3),
        rated("helping people", 0.9),
        rated("help people", 0.8, "duty"),
        rated("honesty", 0.5),
    ]
    assert merge_by_words(rows, 0.7) == [1, 2, 3]
    assert merge_by_words(rows, 0.7, across_kinds=True) == [1, 3]
    assert merge_by_words(rows, {"f1": 1.0}) == [1, 2, 3, 0]
    vectors = [(1.0, 0.0), (2.0, 0.1), (1.0, 0.0), (0.0, 0.0)]
    assert merge_by_vectors(rows, vectors, 0.9) == [1, 2, 3]
    assert merge_by_vectors(rows, vectors, {"duty": 0.9}, across_kinds=True) == [1, 3, 0]
    with pytest.raises(ValueError, match="recal"):
        merge_by_words(rows, {"recal": 0.5})


@settings(max_examples=30)
@given(st.lists(RATINGS, max_size=8))
def test_the_overall_valence_sums_to_one(ratings: list[StatementRating]) -> None:
    assert sum(overall_valence(ratings)) == pytest.approx(1.0)
    assert overall_valence([]) == (0.0, 0.0, 1.0)


def test_an_estimate_is_supports_and_half_of_either() -> None:
    assert estimate(StatementRating(1.0, 0.5, 0.1, 0.4)) == pytest.approx(0.7)


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from("abc"), UNIT, min_size=1))
def test_binarised_relevance_marks_the_greatest(values: dict[str, float]) -> None:
    ones = binarised(values, exact=True)
    assert {name for name, one in ones.items() if one} == {
        name for name, value in values.items() if value == max(values.values())
    }
    assert set(binarised(values).values()) <= {0.0, 1.0}


def test_relevance_is_combined_over_choices_samples_and_examples() -> None:
    assert mean_over_choices([{"a": 1.0, "b": 0.5}, {"a": 0.0}]) == {"a": 0.5, "b": 0.5}
    assert mean_over_choices([]) == {} and binarised({}) == {}
    assert share_of_picks(["b", "b", ""], ["a", "b"]) == {"a": 0.0, "b": pytest.approx(2 / 3)}
    assert share_of_picks([], ["a"]) == {"a": 1.0}
    assert most_similar({"a": [], "b": [0.1], "c": [0.1]}) == {"a": 0.0, "b": 1.0, "c": 0.0}


# Choice 1 is near on what matters to it, choice 2 on what does not.
PREDICTIONS = (
    {"a": Prediction((0.9,)), "b": Prediction((0.1,))},
    {"a": Prediction((0.2,)), "b": Prediction((1.0,))},
)
RELEVANCE = Relevance(({"a": 0.8, "b": 0.2}, {"a": 0.5, "b": 0.5}))
TARGETS = (Target("a", 1.0), Target("b", 1.0))


@pytest.mark.parametrize(
    ("weighting", "distances"),
    [
        ("divided", [0.1 / 0.8 + 0.9 / 0.2, 0.8 / 0.5]),
        ("count", [(0.08 + 0.18) / 2, 0.4 / 2]),
        ("relevance", [0.26, 0.4]),
    ],
)
def test_relevance_divides_or_multiplies_distances(weighting: str, distances: list[float]) -> None:
    ranking = kaleido_distance.rank(
        PREDICTIONS, TARGETS, RELEVANCE, {}, 0, weighting=weighting  # type: ignore[arg-type]
    )  # fmt: skip
    assert ranking.details["distances"] == pytest.approx(distances)
    assert ranking.taken == distances.index(min(distances)) and ranking.tie_break == "none"
    away = kaleido_distance.rank(
        PREDICTIONS, TARGETS, RELEVANCE, {}, 0, weighting=weighting, misaligned=True  # type: ignore[arg-type]
    )  # fmt: skip
    assert away.taken == 1 - ranking.taken
    assert away.scores == pytest.approx([1 - score for score in ranking.scores])


def test_what_is_not_relevant_to_any_choice_is_said_and_ties_go_to_the_first() -> None:
    nothing = Relevance(({"a": 0.0, "b": 0.0}, {"a": 0.0, "b": 0.0}))
    ranking = kaleido_distance.rank(PREDICTIONS, TARGETS, nothing, {}, 5, weighting="relevance")
    assert (ranking.taken, ranking.best, ranking.tie_break) == (0, (0, 1), "first")
    assert len(ranking.notes) == 2
    drawn = kaleido_distance.rank(
        PREDICTIONS, TARGETS, nothing, {}, 5, weighting="relevance", tie="seed"
    )
    assert drawn.tie_break == "seed"


def test_missing_relevance_and_distributions_are_refused_by_name() -> None:
    with pytest.raises(AlignmentError, match="no relevance of 'a'"):
        kaleido_distance.rank(PREDICTIONS, TARGETS, None, {}, 0)
    spread = (Target("a", Distribution((0.1, 0.9), 0.1)),)
    with pytest.raises(AlignmentError):
        kaleido_distance.rank(PREDICTIONS, spread, RELEVANCE, {}, 0)
