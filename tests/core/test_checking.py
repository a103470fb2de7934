"""What a decision-maker hands on is looked through: its numbers, and text that no file takes."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decision_checks import sound, told
from align_tui.core.decisions import Decision, Generation, Message, Response, Sampling
from align_tui.core.errors import AdmError
from align_tui.core.text.repair import storable


def wrong(whole: Any, **fault: Any) -> Any:
    """What a type checker would not let pass."""
    return replace(whole, **fault)


MADE = Generation("{}", "prompt", 3, 9, "stop", 0.1, 0.2, ((0.1, 2),))
REPLY = Response(
    "positive", 0, "So.", (Message("user", "?"),), {"type": "object"}, Sampling(), MADE
)
WHOLE = Decision(ChoiceAnswer(1), "Because.", (0.25, 0.75), (0.0, 1.0), (REPLY,), ("A note.",))


def test_a_whole_decision_is_handed_on_equal() -> None:
    assert sound(WHOLE, 2) == WHOLE
    assert sound(Decision(ChoiceAnswer(0), ""), 2) == Decision(ChoiceAnswer(0), "")


def test_what_numpy_makes_becomes_plain() -> None:
    made = sound(
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
        sound(replace(WHOLE, **fault), 2)
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
        sound(replace(WHOLE, responses=(replace(REPLY, **fault),)), 2)


@pytest.mark.parametrize("value", [None, 1, {"choice": 1}, "Treat Patient A"])
def test_what_is_no_decision(value: object) -> None:
    with pytest.raises(AdmError):
        sound(value, 2)


@given(st.text(st.characters(exclude_categories=())))
def test_text_is_fit_for_a_file_and_otherwise_as_it_was(text: str) -> None:
    made = storable(text)
    made.encode()
    assert made == text or max(text) >= "\ud800"
    assert sound(Decision(ChoiceAnswer(0), text, notes=(text,)), 2) == Decision(
        ChoiceAnswer(0), made, notes=(made,)
    )


def test_an_error_that_cannot_say_what_it_is() -> None:
    class Shy(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert told(Shy()) == "Shy: its text cannot be had"
    assert told(KeyboardInterrupt()) == "KeyboardInterrupt"
