"""A reply that reached its cap is told apart from one that came to its own end."""

from __future__ import annotations

import json

from align_tui.core.cuts import Cut, ReplyEnd, cut_of
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
