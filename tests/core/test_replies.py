"""Replies of a model: their schema, and reading finished and unfinished ones."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.core.decisions import ReasoningOrder
from align_tui.core.errors import ReplyError
from align_tui.core.replies import (
    choice_start,
    decision_schema,
    read_reply,
    reasoning_cap,
    reasoning_so_far,
    split_thinking,
    with_thinking,
    without_marks,
)

CHOICES = ["Treat A", "Treat B"]
# Any text, half surrogate pairs included: a model may write "\ud83d" and stop there.
TEXT = st.text(st.characters(exclude_categories=[]) | st.sampled_from('"\\/\n\t\r\b\f\u2028😀'))


def repaired(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def reply(reasoning: str, choice: str = "Treat A", *, ascii_only: bool = True) -> str:
    return json.dumps({"reasoning": reasoning, "choice": choice}, ensure_ascii=ascii_only)


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        ("before", ["reasoning", "choice"]),
        ("after", ["choice", "reasoning"]),
        ("none", ["choice"]),
    ],
)
def test_schema_lists_keys_in_the_order_of_writing(order: ReasoningOrder, keys: list[str]) -> None:
    schema = decision_schema(CHOICES, order, 20)
    jsonschema.Draft202012Validator.check_schema(schema)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert list(properties) == keys
    assert schema["required"] == keys
    body = {"reasoning": "because", "choice": "Treat B"}
    jsonschema.validate({key: body[key] for key in keys}, schema)
    for wrong in ({"choice": "Treat C"}, {"reasoning": "x" * 21}, {"more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**{key: body[key] for key in keys}, **wrong}, schema)


def test_read_reply() -> None:
    assert read_reply(reply("Less urgent.", "Treat B"), CHOICES, "before") == (1, "Less urgent.")
    assert read_reply('{"choice": "Treat A"}', CHOICES, "none") == (0, "")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ('{"reasoning": "cut', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"choice": ' + "1" * 5_000 + "}", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"reasoning": "r"}', "none of the choices"),
        (reply("r", "Treat C"), "none of the choices"),
        ('{"reasoning": "r", "choice": ["Treat A"]}', "none of the choices"),
        ('{"reasoning": "r", "choice": 0}', "none of the choices"),
        (reply("   "), "no reasoning"),
        ('{"choice": "Treat A"}', "no reasoning"),
        ('{"reasoning": 5, "choice": "Treat A"}', "no reasoning"),
    ],
)
def test_what_is_no_decision_says_why(text: str, says: str) -> None:
    with pytest.raises(ReplyError, match=says):
        read_reply(text, CHOICES, "before")


@given(TEXT.filter(lambda text: bool(text.strip())), st.booleans())
def test_reasoning_can_always_be_stored(reasoning: str, ascii_only: bool) -> None:
    found = read_reply(reply(reasoning, ascii_only=ascii_only), CHOICES, "before")
    assert found == (0, repaired(reasoning))
    found[1].encode("utf-8")


@given(st.text())
def test_any_text_is_a_decision_or_a_reply_error(text: str) -> None:
    with pytest.raises(ReplyError):
        read_reply(text, CHOICES, "before")


@given(TEXT, st.booleans(), st.booleans())
def test_half_a_reply_grows_into_the_whole(
    reasoning: str, ascii_only: bool, choice_first: bool
) -> None:
    body = {"reasoning": reasoning, "choice": 'say "reasoning": "no"'}
    if choice_first:
        body = dict(reversed(body.items()))
    text = json.dumps(body, ensure_ascii=ascii_only)
    whole = repaired(json.loads(text)["reasoning"])
    for end in range(len(text) + 1):
        part = reasoning_so_far(text[:end])
        part.encode("utf-8")
        # Half of a surrogate pair may still become a character; all before it is settled.
        assert whole.startswith(part.rstrip("\ufffd"))
    assert reasoning_so_far(text) == whole


def test_half_an_escape_waits() -> None:
    assert reasoning_so_far('{"reas') == ""
    assert reasoning_so_far('{"reasoning" : "a') == "a"
    assert reasoning_so_far('{"reasoning": "a\\') == "a"
    assert reasoning_so_far('{"reasoning": "a\\u00e') == "a"
    assert reasoning_so_far('{"reasoning": "a\\u00e9') == "aé"
    assert reasoning_so_far('{"reasoning": "a\\ud83d\\ude00b') == "a😀b"
    assert reasoning_so_far('{"reasoning": "a\\"b", "choice": "c"}') == 'a"b'
    assert reasoning_so_far('{"choice": "Treat A"}') == ""


@given(TEXT | st.just('"choice":"B"'), st.sampled_from(["before", "after"]), st.integers(0, 2))
def test_the_choice_is_found_whatever_stands_around_it(
    reasoning: str, order: ReasoningOrder, blanks: int
) -> None:
    body = {"reasoning": reasoning, "choice": "Treat A"}
    if order == "after":
        body = dict(reversed(body.items()))
    separators = ("," + " " * blanks, " " * blanks + ":" + " " * blanks)
    text = json.dumps(body, separators=separators)
    start = choice_start(text, order)
    assert start is not None and text[start:].startswith('Treat A"')
    assert choice_start(json.dumps({"reasoning": reasoning}), order) is None


def test_thinking_stands_in_front_of_a_reply_and_is_none_of_it() -> None:
    reply = '{"reasoning":"He waits.","choice":"A"}'
    text = with_thinking('Is it "choice":"B"? {"reasoning":"no"', reply)
    thinking, rest = split_thinking(text)
    assert thinking.startswith("Is it") and rest == reply
    assert read_reply(text, ("A", "B"), "before") == (0, "He waits.")
    assert reasoning_so_far(text) == "He waits."
    start = choice_start(text, "after")
    assert start is not None and text[start:] == 'A"}'
    assert with_thinking("", reply) == reply and split_thinking(reply) == ("", reply)
    # Unfinished, and restarted after it was cut.
    assert split_thinking("\x02Let me") == ("Let me", "")
    assert split_thinking(text + "\0" + "\x02Again") == ("Again", "")
    assert reasoning_so_far('\x02He says {"reasoning":"x') == ""


def test_what_was_thought_is_the_reasoning_where_none_is_asked_for() -> None:
    text = with_thinking(" A waits longest.\n", '{"choice":"A"}')
    assert read_reply(text, ("A", "B"), "none") == (0, "A waits longest.")


@given(st.text())
def test_a_model_cannot_write_marks_of_ours(text: str) -> None:
    bare = without_marks(text)
    assert len(bare) == len(text)
    assert split_thinking(with_thinking(bare, bare)) == ((bare, bare) if bare else ("", ""))


def test_the_cap_of_the_reasoning_is_read_from_a_schema() -> None:
    assert reasoning_cap(decision_schema(CHOICES, "before", 77)) == 77
    assert reasoning_cap(decision_schema(CHOICES, "none", 77)) == 0
    assert reasoning_cap(decision_schema(CHOICES, given="So it is.")) == 0
    assert reasoning_cap({}) == reasoning_cap({"properties": []}) == 0
