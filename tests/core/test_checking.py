"""The checks of a decision that a decision-maker returns: its numbers and its text."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.answers import ChoiceAnswer, TextAnswer
from align_tui.core.decision_checks import checked_decision
from align_tui.core.decisions import Decision, Generation, Message, Response, Sampling, Step
from align_tui.core.errors import AdmError
from align_tui.core.predictions import Prediction, Relevance
from align_tui.core.text.error_text import error_text
from align_tui.core.text.repair import storable


def wrong(whole: Any, **fault: Any) -> Any:
    """A copy with faults that a type checker would refuse."""
    return replace(whole, **fault)


MADE = Generation("{}", "prompt", 3, 9, "stop", 0.1, 0.2, ((0.1, 2),))
REPLY = Response(
    "positive", 0, "So.", (Message("user", "?"),), {"type": "object"}, Sampling(), MADE
)
RATED = Prediction((0.25, 0.75), ("low", "high"), "regression")
RANKED = Ranking(
    "average_distance",
    "probability",
    (0.4, 0.6),
    (1,),
    1,
    parameters={"misaligned": False},
    sample=0,
)
WHOLE = Decision(
    ChoiceAnswer(1),
    "Because.",
    (0.25, 0.75),
    (0.0, 1.0),
    (REPLY,),
    ("A note.",),
    ({"merit": RATED}, {}),
    Relevance(({"merit": 0.5}, {}), "labels"),
    RANKED,
    (Step("rate", 0.25),),
)


def test_a_whole_decision_is_handed_on_equal() -> None:
    assert checked_decision(WHOLE, 2) == WHOLE
    assert checked_decision(Decision(ChoiceAnswer(0), ""), 2) == Decision(ChoiceAnswer(0), "")


def test_what_numpy_makes_becomes_plain() -> None:
    made = checked_decision(
        Decision(ChoiceAnswer(np.int64(1)), "x", np.array([0.5, 0.5]), [np.float32(1), 0]),  # type: ignore[arg-type]
        2,
    )
    assert made == Decision(ChoiceAnswer(1), "x", (0.5, 0.5), (1.0, 0.0))
    assert type(made.choice) is int and json.dumps(made.probabilities) == "[0.5, 0.5]"


@pytest.mark.parametrize(
    "fault",
    [
        {"answer": 2}, {"answer": -1}, {"answer": True}, {"answer": "0"}, {"answer": 0.0},
        {"answer": None}, {"answer": 2**63}, {"reasoning": None}, {"reasoning": b"x"},
        {"probabilities": (math.nan, 1.0)}, {"probabilities": (math.inf, 0.0)},
        {"probabilities": (1.0,)}, {"probabilities": ("1", "0")}, {"probabilities": (-1.0, 2.0)},
        {"probabilities": "ab"}, {"votes": (math.nan, 0.0)}, {"votes": {0: 1.0, 1: 0.0}},
        {"notes": "text"}, {"notes": (1,)}, {"responses": (None,)}, {"responses": REPLY},
    ],
)  # fmt: skip
def test_a_fault_is_named(fault: dict[str, Any]) -> None:
    with pytest.raises(AdmError) as caught:
        checked_decision(replace(WHOLE, **fault), 2)
    [name] = fault
    word = "chose number" if "chose number" in caught.value.message else name.removesuffix("s")
    assert word.replace("answer", "choice") in caught.value.message


@pytest.mark.parametrize(
    "fault",
    [
        {"role": 1}, {"choice": "x"}, {"reasoning": None}, {"messages": ("x",)},
        {"schema": {"a": object()}}, {"schema": {"a": math.nan}}, {"schema": []},
        {"sampling": wrong(Sampling(), seed="x")}, {"sampling": None},
        {"generation": wrong(MADE, text=None)}, {"generation": wrong(MADE, tokens=2**64)},
        {"generation": wrong(MADE, total_s=math.inf)}, {"generation": None},
        {"generation": wrong(MADE, timeline=((0.1,),))},
        {"generation": wrong(MADE, timeline=((math.nan, 1),))},
        {"generation": wrong(MADE, finish="never")}, {"probabilities": (math.nan, 1.0)},
    ],
)  # fmt: skip
def test_so_is_one_in_a_reply(fault: dict[str, Any]) -> None:
    with pytest.raises(AdmError, match=r"responses\[0\]|probabilities"):
        checked_decision(replace(WHOLE, responses=(replace(REPLY, **fault),)), 2)


@pytest.mark.parametrize("value", [None, 1, {"choice": 1}, "Treat Patient A"])
def test_what_is_no_decision(value: object) -> None:
    with pytest.raises(AdmError):
        checked_decision(value, 2)


@given(st.text(st.characters(exclude_categories=())))
def test_text_is_fit_for_a_file_and_otherwise_as_it_was(text: str) -> None:
    made = storable(text)
    made.encode()
    assert made == text or max(text) >= "\ud800"
    assert checked_decision(Decision(ChoiceAnswer(0), text, notes=(text,)), 2) == Decision(
        ChoiceAnswer(0), made, notes=(made,)
    )


def test_an_error_that_cannot_say_what_it_is() -> None:
    class Shy(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert error_text(Shy()) == "Shy: its message cannot be read"
    assert error_text(KeyboardInterrupt()) == "KeyboardInterrupt"


def rated(**fault: Any) -> tuple[dict[str, Any], ...]:
    return ({}, {"merit": wrong(RATED, **fault)})


@pytest.mark.parametrize(
    "fault",
    [
        {"predictions": ()}, {"predictions": ({"merit": RATED},)}, {"predictions": "ab"},
        {"predictions": ({}, {"merit": 0.5})}, {"predictions": ({}, {1: RATED})},
        {"predictions": ({}, {" ": RATED})}, {"predictions": ({}, ["merit"])},
        {"predictions": ({}, {f"a{half}": RATED for half in "\ud800\ud801"})},
        {"predictions": ({}, {f"a{n}": RATED for n in range(1_001)})},
        {"predictions": rated(samples=())}, {"predictions": rated(samples=(1.1, 0))},
        {"predictions": rated(samples=(math.nan, 0))}, {"predictions": rated(samples=("1", 0))},
        {"predictions": rated(samples=(True, 0))}, {"predictions": rated(samples=0.5)},
        {"predictions": rated(samples=[0.5] * 100_001, reasons=())},
        {"predictions": rated(reasons=("one",))}, {"predictions": rated(reasons=(1, 2))},
        {"predictions": rated(rater=None)}, {"predictions": rated(rater="x" * 501)},
        {"relevance": {"merit": 0.5}}, {"relevance": Relevance(({},))},
        {"relevance": wrong(Relevance(), by_choice=({}, {"merit": -0.1}))},
        {"relevance": wrong(Relevance(), by_choice=({}, {"merit": math.inf}))},
        {"ranking": "first"}, {"ranking": wrong(RANKED, scores=(1.0,))},
        {"ranking": wrong(RANKED, scores=(math.nan, 1.0))}, {"ranking": wrong(RANKED, best=())},
        {"ranking": wrong(RANKED, best=(2,))}, {"ranking": wrong(RANKED, best=(1, 0))},
        {"ranking": wrong(RANKED, best=(1, 1))}, {"ranking": wrong(RANKED, taken=-1)},
        {"ranking": wrong(RANKED, taken=None)}, {"ranking": wrong(RANKED, tie_break="luck")},
        {"ranking": wrong(RANKED, tie_break=[])}, {"ranking": wrong(RANKED, parameters=())},
        {"ranking": wrong(RANKED, parameters={"a": math.nan})},
        {"ranking": wrong(RANKED, details={"a": "x" * 200_001})},
        {"ranking": wrong(RANKED, notes="text")}, {"ranking": wrong(RANKED, sample=-1)},
        {"ranking": wrong(RANKED, function=None)}, {"ranking": wrong(RANKED, measure="x" * 501)},
        {"steps": (("rate", 1.0),)}, {"steps": (Step("rate", -1.0),)}, {"steps": "rate"},
        {"steps": (wrong(Step("", 0.0), seconds=math.nan),)}, {"steps": (Step("x", 0.0),) * 1_001},
    ],
)  # fmt: skip
def test_so_is_one_in_what_the_choice_was_made_of(fault: dict[str, Any]) -> None:
    [name] = fault
    with pytest.raises(AdmError) as caught:
        checked_decision(replace(WHOLE, **fault), 2)
    assert name in caught.value.message


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    part=st.sampled_from(["answer", "predictions", "relevance", "ranking", "steps"]),
    value=anything,
    samples=anything,
    scores=anything,
)
def test_any_value_is_kept_plain_or_refused(
    part: str, value: Any, samples: Any, scores: Any
) -> None:
    made = {
        "predictions": ({}, {"a": Prediction(samples)}),
        "ranking": replace(RANKED, best=scores),
    }
    for fault in ({part: value}, made):
        try:
            kept = checked_decision(replace(WHOLE, **fault), 2)
        except AdmError as error:
            error.message.encode()
            continue
        assert checked_decision(kept, 2) == kept
        for rated in kept.predictions or ():
            for prediction in rated.values():
                assert all(type(s) is float and 0 <= s <= 1 for s in prediction.samples)


@given(st.text(st.characters(exclude_categories=())))
def test_text_in_ratings_is_repaired_too(text: str) -> None:
    name = f"a{text}"[:500]
    made = checked_decision(
        replace(
            WHOLE,
            predictions=({name: Prediction((0.5,), (text,))}, {}),
            relevance=None,
            ranking=replace(RANKED, notes=(text,), details={"x": text}),
        ),
        2,
    )
    assert made.predictions is not None and made.ranking is not None
    [(kept, prediction)] = made.predictions[0].items()
    assert (kept, prediction.reasons) == (storable(name), (storable(text),))
    assert made.ranking.notes == (storable(text),)
    json.dumps(dict(made.ranking.details), ensure_ascii=False).encode()


def test_what_was_asked_for_is_what_is_answered() -> None:
    text = Decision(TextAnswer("I would wait. \ud800"), "Since.")
    assert checked_decision(text, 0, "text").answer == TextAnswer("I would wait. \ufffd")
    with pytest.raises(AdmError, match="asks for a choice"):
        checked_decision(text, 2)
    with pytest.raises(AdmError, match="asks for an open answer"):
        checked_decision(Decision(ChoiceAnswer(0), ""), 2, "text")
    with pytest.raises(AdmError, match="not text"):
        checked_decision(Decision(wrong(TextAnswer(""), text=None), ""), 2, "text")
