"""Text from outside: after its repair UTF-8 and the database accept it."""

from __future__ import annotations

import dataclasses
import sqlite3
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.cli.argument_repair import repaired_arguments
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision, Generation, Message, Response, Sampling
from align_tui.core.errors import AlignError
from align_tui.core.text.repair import storable, storable_parts
from align_tui.core.types import JsonObject

ODD = st.text(
    st.characters(exclude_categories=[]) | st.sampled_from("\ud83d\ude00\udc80\udcc3\udca9\0é😀")
)
VALUES = st.recursive(
    ODD | st.integers() | st.floats() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ODD, inner, max_size=3),
    max_leaves=12,
)


def texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in texts(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in texts(each)]
    if dataclasses.is_dataclass(value):
        return [t for each in dataclasses.fields(value) for t in texts(getattr(value, each.name))]
    return []


@given(ODD)
def test_any_text_is_taken_by_a_database_and_whole_text_stays(text: str) -> None:
    made = storable(text)
    [[back]] = sqlite3.connect(":memory:").execute("SELECT ?", (made,)).fetchall()
    assert back == made and storable(made) == made
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert made == text


@given(VALUES)
def test_every_text_of_a_value_is_repaired_and_the_rest_stays(value: Any) -> None:
    made = storable_parts(("x", value))
    for text in texts(made):
        text.encode()
    assert type(made[1]) is type(value)
    assert storable_parts(made) is made


@given(ODD)
def test_a_decision_is_repaired_whatever_of_it_is_odd(text: str) -> None:
    timeline = tuple((0.1 * n, n) for n in range(5))
    made = Generation(text, text, 1, 1, "stop", 0.1, 0.2, timeline, notes=(text,))
    schema: JsonObject = {"enum": [text], text: 1}
    reply = Response(text, 0, text, (Message("user", text),), schema, Sampling(), made)
    decision = Decision(ChoiceAnswer(0), text, (0.5, 0.5), responses=(reply,), notes=("a", text))
    found = storable_parts(decision)
    for each in texts(found):
        each.encode()
    assert storable_parts(found) is found and found.responses[0].generation.timeline is timeline
    assert found.reasoning == storable(text)


def test_what_is_no_text_is_left_to_whoever_checks_it() -> None:
    for odd in (
        None,
        7,
        object(),
        b"\xff",
        Decision(ChoiceAnswer(0), 7),  # type: ignore[arg-type]
        Decision(ChoiceAnswer(0), "", responses=None),  # type: ignore[arg-type]
    ):
        assert storable_parts(odd) is odd


def test_errors_can_be_stored_whatever_they_quote() -> None:
    error = AlignError("bad \ud83d", "see \udcff")
    assert (error.message, error.hint, str(error)) == ("bad \ufffd", "see \ufffd", "bad \ufffd")


def test_arguments_are_repaired_and_names_of_files_kept(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    name = "c\udce9.toml"
    (tmp_path / name).write_text("")
    taken = ["run", "-s", name, f"--profile={name}", "--set", "description=\udce9", "-o", "n\udce9"]
    assert repaired_arguments([*taken, "--db=\udce9"]) == [
        *taken[:5], "description=\ufffd", *taken[6:], "--db=\udce9"
    ]  # fmt: skip
