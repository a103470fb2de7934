"""A reply that reached its cap is told apart from one that came to its own end."""

from __future__ import annotations

import json

from align_tui.core.cuts import Cut, ReplyEnd, cut_of, cut_words, least_cap
from align_tui.core.replies import ALIGN, FREE_TEXT, decision_schema, with_thinking
from align_tui.core.types import JsonObject

SCHEMA = decision_schema(("A", "B"), max_chars=10)


def end(reasoning: str, *, finish: str = "stop", schema: object = None) -> ReplyEnd:
    raw = json.dumps({"reasoning": reasoning, "choice": "A"})
    return ReplyEnd(raw, schema if isinstance(schema, dict) else SCHEMA, finish, 64)


def test_a_reasoning_as_long_as_it_may_be_is_cut() -> None:
    assert cut_of([end("123456789")]) is None
    cut = cut_of([end("1234567890")])
    assert cut is not None and cut.words == "reasoning cut at 10 characters"
    thought = ReplyEnd(with_thinking("x" * 50, end("1234567890").raw), SCHEMA, "stop")
    assert cut_of([thought]) == cut
    escaped = end('"\\"\\"\\"')  # quotes count as one character each
    assert cut_of([escaped]) is None


def test_a_reply_at_its_limit_of_tokens_is_cut() -> None:
    cut = cut_of([end("short", finish="length")])
    assert cut is not None and cut.words == "reply cut at 64 tokens"
    assert cut_of([ReplyEnd("free text", FREE_TEXT, "stop")]) is None
    assert cut_of([ReplyEnd("{broken", SCHEMA, "stop")]) is None


def test_of_several_replies_it_says_how_many() -> None:
    cut = cut_of([end("1234567890"), end("short"), end("0987654321")])
    assert cut == Cut("reasoning cut at 10 characters", 2, 3)
    assert cut.words.endswith(" in 2 of 3 replies")


def test_reasons_inside_ratings_and_other_forms_count() -> None:
    rated: JsonObject = {"properties": {"Treat A": {"properties": {"reasoning": {"maxLength": 3}}}}}
    raw = json.dumps({"Treat A": {"reasoning": "abc", "score": 4}})
    cut = cut_of([ReplyEnd(raw, rated, "stop")])
    assert cut is not None and cut.words == "reasoning cut at 3 characters"
    schema = decision_schema(("A", "B"), max_chars=10, form=ALIGN)
    raw = json.dumps({"detailed_reasoning": "1234567890", "action_choice": "A"})
    assert cut_of([ReplyEnd(raw, schema, "stop")]) is not None
    answer: JsonObject = {"properties": {"answer": {"type": "string", "maxLength": 2}}}
    cut = cut_of([ReplyEnd('{"answer": "ab"}', answer, "stop")])
    assert cut is not None and cut.words == "answer cut at 2 characters"


def cut_in(schema: JsonObject, body: object) -> str:
    return cut_words(ReplyEnd(json.dumps(body), schema, "stop"))


def test_a_text_counts_at_whatever_depth_its_cap_stands() -> None:
    text: JsonObject = {"type": "string", "maxLength": 4}
    steps: JsonObject = {"properties": {"steps": {"items": {"properties": {"finding": text}}}}}
    assert cut_in(steps, {"steps": [{"finding": "abc"}, {"finding": "abcd"}]}) == (
        "finding cut at 4 characters"
    )
    others: JsonObject = {"additionalProperties": {"prefixItems": [{}, text], "items": False}}
    assert cut_in(others, {"any": ["abcd", "abc"]}) == ""
    assert cut_in(others, {"any": ["", "abcd"]}) == "any cut at 4 characters"
    named: JsonObject = {
        "$defs": {"why": text},
        "properties": {"reasoning": {"$ref": "#/$defs/why"}},
    }
    assert cut_in(named, {"reasoning": "abcd"}) == "reasoning cut at 4 characters"
    either: JsonObject = {"properties": {"reasoning": {"anyOf": [text, {"type": "string"}]}}}
    assert cut_in(either, {"reasoning": "a longer one"}) == ""
    assert cut_in(either, {"reasoning": "abcd"}) == "reasoning cut at 4 characters"
    itself: JsonObject = {"$ref": "#", "maxLength": 99}
    assert cut_in(itself, {"reasoning": "abcd" * 40}) == "" and least_cap(itself) == 99


def test_a_reasoning_that_was_begun_for_the_model_has_a_cap_too() -> None:
    schema = decision_schema(("A", "B"), max_chars=10, given="(So) it is. ", goes_on=True)
    assert cut_in(schema, {"reasoning": "(So) it is. 123456789", "choice": "A"}) == ""
    assert cut_in(schema, {"reasoning": "(So) it is. 1234567890", "choice": "A"}) == (
        "reasoning cut at 22 characters"
    )
    whole = decision_schema(("A", "B"), max_chars=10, given="(So) it is. ")
    assert cut_in(whole, {"reasoning": "(So) it is. ", "choice": "A"}) == ""


def test_thinking_is_cut_at_a_limit_of_its_own() -> None:
    thought = ReplyEnd(end("short").raw, SCHEMA, "stop", 64, 32, 32)
    assert cut_words(thought) == "thinking cut at 32 tokens"
    assert cut_words(ReplyEnd(thought.raw, SCHEMA, "stop", 64, 31, 32)) == ""
    assert cut_words(ReplyEnd(thought.raw, SCHEMA, "stop", 64, 31, 0)) == ""


def test_a_schema_that_refers_to_itself_in_many_ways_takes_no_time() -> None:
    again = [{"$ref": "#/$defs/a"}] * 4
    schema: JsonObject = {
        "$defs": {"a": {"anyOf": [*again, {"type": "string", "maxLength": 3}]}},
        "$ref": "#/$defs/a",
    }
    assert cut_words(ReplyEnd('"abc"', schema, "stop")) == ""  # a reply is an object
    whole: JsonObject = {**schema, "$ref": "", "properties": {"why": {"$ref": "#/$defs/a"}}}
    assert cut_words(ReplyEnd('{"why": "abc"}', whole, "stop")) == "why cut at 3 characters"
