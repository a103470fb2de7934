"""Distributions over choices: their distances, and how a decision expresses one."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.core.answers import ChoiceAnswer, TextAnswer
from align_tui.core.decisions import Decision, Generation, Response, Sampling
from align_tui.core.opinion import (
    expressed,
    jensen_shannon,
    normalised,
    total_variation,
    wasserstein,
)
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scorers.base import UNSCORED
from align_tui.core.scorers.registry import SCORERS
from align_tui.core.stats.chance import chance
from align_tui.core.targets import Distribution, Target

DISTANCES = {
    "jensen_shannon": jensen_shannon,
    "total_variation": total_variation,
    "wasserstein": wasserstein,
}
SHARE = st.floats(0, 1e9, allow_subnormal=False) | st.just(0.0)


@st.composite
def pairs(draw: st.DrawFn, count: int = 2) -> list[list[float]]:
    """Distributions over the same two to six choices, not normalised."""
    size = draw(st.integers(2, 6))
    row = st.lists(SHARE, min_size=size, max_size=size).filter(lambda shares: max(shares) > 0)
    return [draw(row) for _ in range(count)]


@pytest.mark.parametrize("name", DISTANCES)
@settings(max_examples=40)
@given(rows=pairs(3), factor=st.floats(0.01, 100))
def test_they_are_distances_from_0_to_1(name: str, rows: list[list[float]], factor: float) -> None:
    distance = DISTANCES[name]
    p, q, r = rows
    assert 0.0 <= distance(p, q) <= 1.0
    assert distance(p, p) == pytest.approx(0.0, abs=1e-7)
    assert distance(p, q) == pytest.approx(distance(q, p), abs=1e-12)
    assert distance(p, r) <= distance(p, q) + distance(q, r) + 1e-7
    assert distance([factor * each for each in p], q) == pytest.approx(distance(p, q), abs=1e-6)


def entropy(shares: list[float]) -> float:
    return -sum(share * math.log2(share) for share in shares if share > 0)


def moved(p: list[float], q: list[float]) -> float:
    """The work of moving one pile of shares to the other, place by place from the left."""
    have, want = list(p), list(q)
    work, i, j = 0.0, 0, 0
    while i < len(have) and j < len(want):
        amount = min(have[i], want[j])
        work += amount * abs(i - j)
        have[i] -= amount
        want[j] -= amount
        i, j = (i + 1, j) if have[i] <= want[j] else (i, j + 1)
    return work / (len(p) - 1)


@settings(max_examples=60)
@given(rows=pairs())
def test_they_equal_other_forms_of_their_formulas(rows: list[list[float]]) -> None:
    p, q = (list(normalised(row)) for row in rows)
    middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    divergence = entropy(middle) - (entropy(p) + entropy(q)) / 2
    assert jensen_shannon(p, q) ** 2 == pytest.approx(divergence, abs=1e-9)
    assert wasserstein(p, q) == pytest.approx(moved(p, q), abs=1e-9)
    more = sum(max(0.0, a - b) for a, b in zip(p, q, strict=True))
    assert total_variation(p, q) == pytest.approx(more, abs=1e-9)


def test_the_ends_of_the_scales() -> None:
    for distance in DISTANCES.values():
        assert distance([1, 0, 0], [0, 0, 1]) == pytest.approx(1.0)
    assert wasserstein([1, 0, 0], [0, 1, 0]) == pytest.approx(0.5)  # the others see no order
    assert jensen_shannon([1, 0, 0], [0, 1, 0]) == total_variation([1, 0, 0], [0, 1, 0]) == 1.0


@pytest.mark.parametrize("wrong", [[], [0.0, 0.0], [-1.0, 2.0], [math.nan, 1.0], [math.inf, 1.0]])
def test_what_is_no_distribution_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError):
        normalised(wrong)
    for distance in DISTANCES.values():
        with pytest.raises(ValueError):
            distance(wrong, [0.5, 0.5])


def reply(choice: int | None, role: str = "positive") -> Response:
    made = Generation("{}", "p", 1, 1, "stop", 0.1, 0.2)
    return Response(role, choice, "r", (), {}, Sampling(), made)


def test_a_decision_expresses_probabilities_then_votes_then_its_answer() -> None:
    replies = (reply(0), reply(1), reply(1), reply(1))
    votes = (0.3, 0.7)
    both = Decision(ChoiceAnswer(1), "", probabilities=(0.6, 0.4), votes=votes, responses=replies)
    assert expressed(both, 2) == (0.6, 0.4)
    voted = Decision(ChoiceAnswer(1), "", votes=votes, responses=replies)
    assert expressed(voted, 2) == (0.25, 0.75)
    against = Decision(ChoiceAnswer(1), "", votes=votes, responses=(*replies, reply(0, "negative")))
    assert expressed(against, 2) == pytest.approx(votes)
    assert expressed(Decision(ChoiceAnswer(1), "", votes=votes), 2) == pytest.approx(votes)
    assert expressed(Decision(ChoiceAnswer(1), ""), 3) == (0.0, 1.0, 0.0)
    assert expressed(Decision(TextAnswer("x"), ""), 3) is None


SURVEY = Scenario(
    "q",
    "How much?",
    (Choice("None"), Choice("Some"), Choice("All")),
    shares={"G": (0.2, 0.5, 0.3), "H": (0.0, 0.5, 0.5)},
    ordinal=True,
)
G = (Target("G", 1.0),)


@pytest.mark.parametrize("name", DISTANCES)
def test_a_scorer_compares_the_decision_with_the_group_of_the_target(name: str) -> None:
    scorer = SCORERS.get(name)
    equal = Decision(ChoiceAnswer(1), "", probabilities=(0.2, 0.5, 0.3))
    score = scorer.score_made(equal, SURVEY, G)
    assert (score.correct, score.discriminating) == (True, True)
    assert score.distance == pytest.approx(0.0, abs=1e-7)
    far = Decision(ChoiceAnswer(0), "", probabilities=(1.0, 0.0, 0.0))
    assert scorer.score_made(far, SURVEY, G) == scorer.score_now(ChoiceAnswer(0), SURVEY, G)
    apart = scorer.score_made(far, SURVEY, G)
    assert apart.correct is False
    assert apart.distance == pytest.approx(DISTANCES[name]([1, 0, 0], [0.2, 0.5, 0.3]))
    assert scorer.right_choices is not None
    assert scorer.right_choices(SURVEY, (Target("H", 1.0),)) == frozenset({1, 2})
    spread = (Target("G", Distribution((0.9, 1.0), 0.1)),)
    for targets in ((), (Target("G", 0.0),), (Target("unknown", 1.0),), spread):
        assert scorer.score_made(equal, SURVEY, targets) == UNSCORED
        assert scorer.right_choices(SURVEY, targets) is None
    assert scorer.score_made(Decision(TextAnswer("x"), ""), SURVEY, G) == UNSCORED
    assert chance([SURVEY], G, scorer, discriminating=True) == pytest.approx(1 / 3)
    assert scorer.has_labels(SURVEY, G) and not scorer.has_labels(SURVEY, (Target("K", 1.0),))


def test_weights_count_and_order_is_needed_for_wasserstein() -> None:
    both = (Target("G", 1.0, 2.0), Target("H", 1.0))
    made = Decision(ChoiceAnswer(1), "", probabilities=(0.2, 0.5, 0.3))
    score = SCORERS.get("total_variation").score_made(made, SURVEY, both)
    assert score.distance == pytest.approx(2 * 0.0 + 0.2)
    bare = Scenario("q", "t", SURVEY.choices, shares=SURVEY.shares)
    assert SCORERS.get("wasserstein").score_made(made, bare, G) == UNSCORED
    assert SCORERS.get("jensen_shannon").score_made(made, bare, G) != UNSCORED
