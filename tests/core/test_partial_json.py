"""What a reply that rates shows while it is being written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.core.partial_json import values_so_far
from align_tui.core.replies import RESTART, reasoning_so_far, with_thinking

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\x02\x03"), max_size=8)
NAMES = st.text('aé"\\{}😀', max_size=4)
RATED = st.dictionaries(
    NAMES,
    st.fixed_dictionaries({"reasoning": TEXT, "score": st.integers(0, 100)}),
    min_size=1,
    max_size=3,
)


def test_reasons_stand_with_their_choices_and_scores() -> None:
    reply = {"Treat A": {"reasoning": 'He "bleeds".', "score": 85}, "Treat B": {"score": 7}}
    assert reasoning_so_far(json.dumps(reply)) == 'Treat A: He "bleeds". [85]\nTreat B: [7]'
    shared = {"reasoning": "Both bleed.", "Treat A": {"score": 85}}
    assert reasoning_so_far(json.dumps(shared)) == "Both bleed.\nTreat A: [85]"
    assert reasoning_so_far('{"reasoning": "Both bl') == "Both bl"
    assert reasoning_so_far('{"A": {"predicted_outcome": "He lives"}}') == "A: He lives"
    assert reasoning_so_far('{"A": {"reasoning": "r", "relevant": "no"}}') == "A: r [no]"
    assert reasoning_so_far('{"reasoning": "r", "score": 7}') == "r [7]"
    assert len(reasoning_so_far(json.dumps({"x" * 500: {"score": 1}}))) < 80


def test_a_score_is_shown_when_it_can_no_longer_grow() -> None:
    assert reasoning_so_far('{"A": {"reasoning": "r", "score": 8') == "A: r"
    assert reasoning_so_far('{"A": {"reasoning": "r", "score": 85}') == "A: r [85]"


def test_thinking_and_a_first_reply_that_was_cut_are_left_out() -> None:
    text = with_thinking('{"A": {"score": 1}}', '{"B": {"score": 2}}')
    assert reasoning_so_far(text) == "B: [2]"
    assert reasoning_so_far('{"A": {"score": 1}}' + RESTART + '{"B": {"score": 2}}') == "B: [2]"


@settings(max_examples=30)
@given(RATED, st.booleans())
def test_every_beginning_of_a_reply_shows_a_beginning_of_its_values(
    reply: dict[str, dict[str, object]], ascii_only: bool
) -> None:
    text = json.dumps(reply, ensure_ascii=ascii_only)
    whole = [(value.path, value.text) for value in values_so_far(text)]
    assert whole == [
        ((name, field), str(value)) for name, part in reply.items() for field, value in part.items()
    ]
    for end in range(0, len(text), 7):
        part = [(value.path, value.text) for value in values_so_far(text[:end])]
        assert part[:-1] == whole[: max(0, len(part) - 1)]


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"a": [1, {"b": 2}], "c": 3}', "{" * 500])
def test_what_is_no_reply_shows_nothing(text: str) -> None:
    assert reasoning_so_far(text) == ""


@given(st.text(alphabet='{}[]":,\\ uea1', max_size=60))
def test_any_text_is_read_without_an_error(text: str) -> None:
    reasoning_so_far(text)
