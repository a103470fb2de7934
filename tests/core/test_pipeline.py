"""The working state of pipelines, its check, and how two values under one name are merged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.core.answers import ChoiceAnswer
from align_tui.core.errors import AdmError
from align_tui.core.pipeline.merging import (
    join_predictions,
    merge_maps,
    merge_predictions,
    merge_relevance,
)
from align_tui.core.pipeline.names import ANSWER, ANY, PREDICTIONS, RANKING, RELEVANCE, Name
from align_tui.core.pipeline.plan import PlanError, Planned, check_plan
from align_tui.core.pipeline.state import Given, State
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.scenarios import Scenario

HERE = Scenario("s", "Whom?", ())
names = st.sampled_from(["merit", "medical", "search"])
predictions = st.builds(
    lambda xs: Prediction(tuple(xs)), st.lists(st.floats(0, 1), min_size=1, max_size=3)
)
rated = st.lists(st.dictionaries(names, predictions), min_size=2, max_size=2).map(tuple)


@given(rated, rated)
def test_samples_are_joined_or_the_later_rating_wins(a: Predictions, b: Predictions) -> None:
    joined, merged = join_predictions(a, b), merge_predictions(a, b)
    for old, new, both, last in zip(a, b, joined, merged, strict=True):
        assert list(both) == list(last) == list(dict.fromkeys((*old, *new)))
        for name in both:
            before = old[name].samples if name in old else ()
            after = new[name].samples if name in new else ()
            assert both[name].samples == before + after
            assert last[name] == new.get(name, old.get(name))


def test_reasons_stay_with_their_samples() -> None:
    told, silent = Prediction((0.1,), ("so",), "regression"), Prediction((0.2, 0.3), (), "kaleido")
    [both] = join_predictions(({"x": told},), ({"x": silent},))
    assert both["x"] == Prediction((0.1, 0.2, 0.3), ("so", "", ""), "regression + kaleido")
    [plain] = join_predictions(({"x": silent},), ({"x": silent},))
    assert plain["x"].reasons == () and plain["x"].rater == "kaleido"


def test_relevance_is_merged_and_a_map_by_any_function() -> None:
    made = merge_relevance(Relevance(({"a": 0.0, "b": 1.0},), "x"), Relevance(({"b": 0.5},), "y"))
    assert made == Relevance(({"a": 0.0, "b": 0.5},), "x + y")
    assert merge_maps({"s": 9, "r": 8}, {"q": 4, "s": 3}, int.__add__) == {"s": 12, "r": 8, "q": 4}


def test_a_state_does_not_change() -> None:
    first: Predictions = ({"x": Prediction((0.5,))},)
    start = State(HERE)
    one = start.with_given(Given(notes=("n",)).put(PREDICTIONS, first))
    two = one.with_given(Given().put(PREDICTIONS, first), "join", {"predictions": "predictions"})
    other = one.with_given(Given().put(PREDICTIONS, first), "join", {"predictions": "others"})
    assert start.values == {} and one.get(PREDICTIONS) is first and one.notes == ("n",)
    assert two.get(PREDICTIONS)[0]["x"].samples == (0.5, 0.5)
    assert list(other.values) == ["predictions", "others"]
    assert other.seen_as({"predictions": "others"}).get(PREDICTIONS) is first
    with pytest.raises(TypeError):
        one.values["x"] = 1  # type: ignore[index]
    with pytest.raises(AdmError, match="No earlier step gave 'ranking'"):
        one.get(RANKING)
    wrong = start.with_given(Given({Name("ranking", ANY): "a text"}))
    with pytest.raises(AdmError, match="Under 'ranking' there is a str, not ranking"):
        wrong.find(RANKING)
    unrated = start.with_given(Given({PREDICTIONS: ({"x": Prediction((0.5,))}, "a text")}))
    with pytest.raises(AdmError, match="there is a str among them, not predictions"):
        unrated.get(PREDICTIONS)


RATE = Planned("rate", gives=(PREDICTIONS,))
RANK = Planned("rank", (PREDICTIONS, RELEVANCE.optional), (RANKING, ANSWER))
COPY = Planned("copy", (Name("predictions", ANY),), (Name("old", ANY, like="predictions"),))


def plan(*steps: Planned) -> dict[str, Any]:
    return check_plan(steps, lambda kind: ["rank"] if kind == ANSWER.kind else ["rate", "labels"])


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([RANK], "step 1 (rank) takes 'predictions', which no step before it gives; steps that "
                 "give predictions: rate, labels"),
        ([RATE], "no step gives an answer; steps that do: rank"),
        ([], "no step gives an answer"),
        ([RATE, Planned("rank", RANK.takes, RANK.gives, taken_as={"relevance": "predictions"})],
         "step 2 (rank) takes relevance from 'predictions', but that is predictions"),
        ([RATE, Planned("r", (), (RELEVANCE,), given_as={"relevance": "predictions"})],
         "gives relevance as 'predictions', under which there is predictions"),
        ([Planned("rate", gives=(PREDICTIONS,), rule="merge", given_as={"x": "y"})],
         "has gives.x, but it gives predictions"),
        ([RATE, Planned("rank", RANK.takes, RANK.gives, rule="join")],
         "gives nothing to which conflict = 'join' applies"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_refused_with_step_and_name(steps: list[Planned], says: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan(*steps)
    assert says in str(caught.value)


def test_what_can_run_is_not() -> None:
    assert list(plan(RATE, RANK)) == ["predictions", "ranking", "answer"]
    renamed = Planned("rank", RANK.takes, RANK.gives, taken_as={"predictions": "old"})
    known = plan(RATE, COPY, renamed)
    assert known["old"] == PREDICTIONS.kind
    copied = State(HERE).with_given(Given().put(PREDICTIONS, ()))
    copied = copied.with_given(Given({COPY.gives[0]: ()}))
    assert copied.kinds["old"] == PREDICTIONS.kind
    assert plan(Planned("answer", (), (ANSWER,)))


def test_an_answer_is_an_answer() -> None:
    assert State(HERE).with_given(Given().put(ANSWER, ChoiceAnswer(1))).get(ANSWER).index == 1  # type: ignore[union-attr]
