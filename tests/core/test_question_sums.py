"""The mean over questions, kept up to date decision by decision, beside the plain formula."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.core.families import Clustering, grouped
from align_tui.core.stats.clusters import Asked
from align_tui.core.stats.question_sums import QuestionSums
from align_tui.core.stats.rates import clustered_rate, make_rate

REPEATS = 4


@st.composite
def outcomes(draw: st.DrawFn) -> tuple[Clustering, list[tuple[int, bool]]]:
    """Clusters of up to eight questions, and (question, right) of some of their repeats."""
    count = draw(st.integers(1, 8))
    of: list[int] = []
    for place in range(count):
        joined = draw(st.booleans()) and of
        of.append(of[draw(st.integers(0, place - 1))] if joined else place)
    decided = [
        (question, draw(st.booleans()))
        for question in range(count)
        for _ in range(draw(st.integers(0, REPEATS)))
    ]
    return grouped(tuple(of), "family"), draw(st.permutations(decided))


@given(outcomes(), st.data())
def test_it_is_the_plain_formula_however_decisions_come_and_go(
    found: tuple[Clustering, list[tuple[int, bool]]], data: st.DataObject
) -> None:
    clusters, decided = found
    sums = QuestionSums(clusters, REPEATS)
    for question, right in decided:
        sums.change(question, right, 1)
        if data.draw(st.booleans()):
            sums.rate()
    kept = decided[: data.draw(st.integers(0, len(decided)))]
    for question, right in decided[len(kept) :]:
        sums.change(question, -int(right), -1)
    asked = [
        Asked(of, sum(right for q, right in kept if q == question), times)
        for question, of in enumerate(clusters.of)
        if (times := sum(q == question for q, _ in kept))
    ]
    ours, plain = sums.rate(), clustered_rate(asked)
    assert (ours.scored, ours.correct) == (plain.scored, plain.correct)
    assert (ours.questions, ours.clusters) == (plain.questions, plain.clusters)
    for name in ("accuracy", "low", "high", "se"):
        assert getattr(ours, name) == pytest.approx(getattr(plain, name), abs=1e-7), name
    fresh = QuestionSums(clusters, REPEATS)
    for question, right in reversed(kept):
        fresh.change(question, right, 1)
    assert fresh.rate() == ours  # to the last bit


@given(st.lists(st.booleans(), max_size=20))
def test_without_repeats_and_families_it_is_wilsons(found: list[bool]) -> None:
    apart = grouped(tuple(range(20)), "family")
    once, twice = QuestionSums(apart, 1), QuestionSums(apart, 2)
    for question, right in enumerate(found):
        once.change(question, right, 1)
        twice.change(question, right, 1)
    assert once.rate() == twice.rate() == make_rate(sum(found), len(found))


def test_asking_a_greedy_model_again_changes_nothing_but_the_counts() -> None:
    apart = grouped(tuple(range(18)), "family")
    sums = QuestionSums(apart, 20)
    for question in range(18):
        sums.change(question, 20 * (question < 15), 20)
    rate, once = sums.rate(), make_rate(15, 18)
    assert (rate.scored, rate.questions, rate.method) == (360, 18, "wilson")
    assert (rate.accuracy, rate.low, rate.high) == (once.accuracy, once.low, once.high)


def test_with_none_every_decision_counts_for_itself() -> None:
    sums = QuestionSums(grouped((0, 0, 0), "none"), 20)
    sums.change(0, 15, 20)
    assert sums.rate() == make_rate(15, 20)
