"""Texts from servers: repair them, separate their parts, and read clear replies."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.backbones.server.event_stream import decoded
from align_tui.backbones.server.inline_thinking import InlineSplitter, split_inline
from align_tui.backbones.server.logprobs import first_tokens
from align_tui.backbones.server.markup import control_note
from align_tui.backbones.server.message_parts import Parts, parts_of
from align_tui.backbones.server.repair import Repair, repaired
from align_tui.backbones.server.reply_stream import ReplyStream
from align_tui.backbones.server.whole_replies import read_whole
from align_tui.core.decisions import Message
from align_tui.core.errors import ReplyError
from align_tui.core.replies import (
    RESTART,
    decision_schema,
    read_reply,
    split_thinking,
    with_thinking,
)
from align_tui.core.strict_json import read_json

SCHEMA = decision_schema(("A", "B"), "before", 60)
GOOD = '{"reasoning":"He waits.","choice":"A"}'
TRAP = '{"reasoning":"</think> {","choice":"A"}'
OTHER = '{"reasoning":"She waits.","choice":"B"}'
# Any text, often with halves of surrogate pairs, invalid UTF-8 bytes and this program's marks.
ODD = st.text(
    st.characters(exclude_categories=[])
    | st.sampled_from("\ud83d\ude00\udc80\udc98\udcf0\udc9f\udcc3\0\x02\x03😀é")
)


# --- repair -----------------------------------------------------------------------------------


@given(st.lists(ODD))
def test_pieces_are_repaired_as_their_whole_is(pieces: list[str]) -> None:
    repair = Repair()
    made = "".join([*map(repair.feed, pieces), repair.end()])
    assert made == repaired("".join(pieces))
    assert made.encode().decode() == made and not set(made) & set("\0\x02\x03")


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\x02\x03")), st.data()
)
def test_text_that_is_whole_stays_as_it_is_however_it_is_cut(text: str, data: Any) -> None:
    assert repaired(text) == text
    halves = text.encode("utf-16-le", "surrogatepass")
    units = [
        halves[i : i + 2].decode("utf-16-le", "surrogatepass") for i in range(0, len(halves), 2)
    ]
    repair = Repair()
    assert "".join([*map(repair.feed, units), repair.end()]) == text
    # Its UTF-8 bytes, cut anywhere.
    raw = text.encode()
    cut = data.draw(st.integers(0, len(raw)))
    pieces = [part.decode("utf-8", "surrogateescape") for part in (raw[:cut], raw[cut:])]
    assert "".join([*map(repair.feed, pieces), repair.end()]) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ud83d\ude00", "😀"), ("\ud83d", "\ufffd"), ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\ud83d\ud83d\ude00", "\ufffd😀"), ("\ud83d\udc80\udc80", "💀\ufffd"),
        ("a\udcc3\udca9b", "aéb"), ("\udcf0\udc9f x", "\ufffd x"),
        ("\x02hm\x03\0", "\ufffdhm\ufffd\ufffd"),
    ],
)  # fmt: skip
def test_halves_are_joined_and_lone_ones_marked(text: str, expected: str) -> None:
    assert repaired(text) == expected


@given(st.lists(st.binary(max_size=8)))
def test_bytes_that_are_no_utf8_become_surrogates(chunks: list[bytes]) -> None:
    async def given_chunks() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def read() -> str:
        return "".join([part async for part in decoded(given_chunks())])

    whole = b"".join(chunks).decode("utf-8", "surrogateescape")
    assert asyncio.run(read()) == whole.removeprefix("\ufeff")


# --- messages ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"content": "a"}, Parts("a")),
        ({"content": None}, Parts()),
        ({}, Parts()),
        ({"content": 7, "reasoning_content": 7}, Parts()),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, Parts("ab")),
        ({"content": ["a", {"type": "image_url", "image_url": {"url": "x"}}, "b"]}, Parts("ab")),
        ({"content": {"type": "text", "text": {"value": "a"}}}, Parts("a")),
        (
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                         {"type": "text", "text": "a"}]},
            Parts("a", "hm"),
        ),
        ({"content": [{"type": "reasoning", "summary": [{"text": "hm"}]}]}, Parts("", "hm")),
        ({"content": [{"type": "refusal", "refusal": "no"}]}, Parts("", "", "no")),
        ({"content": "a", "reasoning_content": "hm"}, Parts("a", "hm")),
        ({"content": "", "reasoning": "hm", "reasoning_content": None}, Parts("", "hm")),
        ({"reasoning": ["h", {"text": "m"}]}, Parts("", "hm")),
        ({"reasoning": {"content": [{"type": "reasoning.text", "text": "hm"}]}}, Parts("", "hm")),
        # The same text under two keys counts once.
        (
            {"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
            Parts("", "hm"),
        ),
        ({"refusal": "no", "content": None}, Parts("", "", "no")),
    ],
)  # fmt: skip
def test_messages_are_read_however_they_are_shaped(
    message: dict[str, Any], expected: Parts
) -> None:
    assert parts_of(message) == expected


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["content", "text", "type", "reasoning", "thinking", "refusal"]), inner
    ),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["content", "reasoning_content", "refusal"]), json_values))
def test_no_message_is_a_failure(message: dict[str, Any]) -> None:
    found = parts_of(message)
    assert all(isinstance(each, str) for each in (found.text, found.thinking, found.refusal))


# --- thinking in the text ---------------------------------------------------------------------

INLINE = [
    ("<think>\nhm\n</think>\n\n{}", "hm"),
    ("<thinking>hm</thinking>{}", "hm"),
    ("\n<THINK>hm</THINK> {}", "hm"),
    ("<seed:think>hm</seed:think>{}", "hm"),
    ("[THINK]hm[/THINK]{}", "hm"),
    ("◁think▷hm◁/think▷{}", "hm"),
    ("<|START_THINKING|>hm<|END_THINKING|>{}", "hm"),
    ("<|channel>thought\nhm<channel|>{}", "hm"),
    ("<think></think>{}", ""),
    ("<think>a</think>\n<think>b</think>{}", "a\nb"),
    # The chat template wrote the opening mark.
    ("hm\n</think>\n\n{}", "hm"),
    ("hm[/THINK]{}", "hm"),
    ('Is it {"choice"? </think> {}', 'Is it {"choice"?'),
    # The thinking mentions the mark before it ends.
    ("hm, then </think> comes.\n</think>{}", "hm, then </think> comes."),
    # Harmony, with and without its control tokens.
    (
        "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>{}",
        "hm",
    ),
    ("<|channel|>final <|constrain|>json<|message|>{}", ""),
    ("analysishmassistantfinal{}", "hm"),
    ("{}", ""),
]


@pytest.mark.parametrize("reply", [GOOD, f"```json\n{GOOD}\n```", f"[{GOOD}]"])
@pytest.mark.parametrize(("template", "thinking"), INLINE)
def test_thinking_in_the_text_is_told_from_the_reply(
    template: str, thinking: str, reply: str
) -> None:
    text = template.replace("{}", reply)
    assert split_inline(text) == (thinking, reply)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>It may be " + GOOD, ("It may be " + GOOD, "")),  # never closed: no reply
        ("hm</think>", ("hm", "")),
        (TRAP, ("", TRAP)),
        ('{"reasoning":"a </think> b', ("", '{"reasoning":"a </think> b')),
        ("Patient A.", ("", "Patient A.")),
        ("", ("", "")),
        ("<b>bold</b>", ("", "<b>bold</b>")),
    ],
)  # fmt: skip
def test_what_is_no_thinking_stays(text: str, expected: tuple[str, str]) -> None:
    assert split_inline(text) == expected


def heard(pieces: list[str]) -> tuple[str, str]:
    """(thinking, reply), joined from the pieces."""
    inline = InlineSplitter()
    found = [pair for piece in pieces for pair in inline.feed(piece)] + inline.end()
    parts = ["".join(text for thinking, text in found if thinking is k) for k in (True, False)]
    return parts[0].strip(), parts[1].strip()


@given(st.sampled_from(INLINE), st.integers(1, 9))
def test_pieces_are_told_as_the_whole_is_read(case: tuple[str, str], size: int) -> None:
    template, _ = case
    text = template.replace("{}", GOOD)
    thinking, reply = heard([text[i : i + size] for i in range(0, len(text), size)])
    if "a</think>" in text or "then </think>" in text or "assistantfinal" in text:
        # Sent again at the end, since only the whole text shows where the thinking ended.
        assert GOOD in thinking + reply
        return
    assert (thinking, reply) == split_inline(text)


@given(st.text(), st.text())
def test_any_thinking_in_a_block_of_its_own_is_kept(thinking: str, reply: str) -> None:
    text = f"<think>{thinking.replace('<', '')}</think>{GOOD}{reply.replace('<', '')}"
    assert split_inline(text)[0] == thinking.replace("<", "").strip()


# --- stream ----------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.sampled_from(["", " ", "a", " b\n", "\n", "c d"]), st.booleans())),
    st.booleans(),
)
def test_what_is_told_last_is_what_was_settled(
    pieces: list[tuple[str, bool]], changed: bool
) -> None:
    heard_texts: list[str] = []
    stream = ReplyStream(lambda at, text: heard_texts.append(text), 10.0)
    stream.begin()
    for piece, thinking in pieces:
        stream.add(11.0, piece, thinking=thinking)
    # After the reply has begun, late thinking waits for `settle`.
    whole = with_thinking(
        "".join(text for text, thinking in pieces if thinking).strip(),
        "another"
        if changed
        else "".join(text for text, thinking in pieces if not thinking).strip(),
    )
    stream.settle(12.0, whole)
    assert "".join(heard_texts).rpartition(RESTART)[2] == whole
    assert not whole or stream.timeline[-1][1] == len(whole)
    in_order = [thinking for text, thinking in pieces if text.strip()]
    if not changed and in_order == sorted(in_order, reverse=True):
        assert RESTART not in "".join(heard_texts)  # no text was sent again


# --- replies ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "left_out"),
    [
        ("{}", ""), (" \n{}\n", ""), ("```json\n{}\n```", ""), ("```\n{}```", ""),
        ("{}<|im_end|>", "<|im_end|>"), ("{}</s>\n", "</s>"), ("{}<end_of_turn>", "<end_of_turn>"),
        ("{}<｜end▁of▁sentence｜>", "<｜end▁of▁sentence｜>"), ("{}}", "}"),
        ("<answer>{}</answer>", "<answer> </answer>"), ("Here it is: {}", "Here it is:"),
        ("{}\n\nI hope this helps!", "I hope this helps!"),
        ("Sure!\n```json\n{}\n```\nThat is all.", "Sure!"),
        ("[{}]", "a list"), (json.dumps(GOOD), "a list or a string"),
    ],
)  # fmt: skip
def test_a_reply_is_read_whatever_stands_around_it(template: str, left_out: str) -> None:
    whole = read_whole(template.replace("{}", GOOD), SCHEMA)
    assert whole.text == GOOD and whole.left_out.startswith(left_out)
    assert bool(whole.left_out) == bool(left_out)


@pytest.mark.parametrize(
    "text",
    [
        "", "A", GOOD[:-1], GOOD + OTHER, GOOD + "\n" + GOOD, f"[{GOOD},{OTHER}]", f"[{GOOD}",
        f'{{"answer":{GOOD}', f'"answer":{GOOD}', f"It is {GOOD} or so.",
        "[" * 100_000, "{" * 100_000,
        '{"reasoning":"x","choice":"A","choice":"B"}', '{"reasoning":NaN,"choice":"A"}',
        '{"choice":"A","reasoning":"x"}', '{"reasoning":"x","choice":"C"}', "null", "[]", "NaN",
    ],
)  # fmt: skip
def test_what_is_not_clear_is_a_reply_error(text: str) -> None:
    with pytest.raises(ReplyError) as caught:
        read_whole(text, SCHEMA)
    caught.value.message.encode()


@given(ODD)
def test_any_text_is_a_reply_or_a_reply_error(text: str) -> None:
    for each in (text, text + GOOD, GOOD + text):
        try:
            assert read_reply(read_whole(each, SCHEMA).text, ("A", "B"), "before")[0] == 0
        except ReplyError as error:
            repaired(error.message).encode()


@pytest.mark.timeout(20)
def test_reading_takes_no_longer_for_marks_without_end() -> None:
    marks = "<|im_end|>" * 20_000
    assert read_whole(GOOD + marks, SCHEMA).text == GOOD
    assert split_inline("<think></think>" * 20_000 + GOOD)[1] == GOOD
    for text in (f"x {GOOD}{marks}x", "</think>" * 20_000):
        with pytest.raises(ReplyError):
            read_whole(split_inline(text)[1], SCHEMA)
    inline = InlineSplitter()
    for _ in range(20_000):
        inline.feed(" \n")
    assert inline.feed(GOOD) == [(False, GOOD)]


def test_a_key_that_comes_twice_means_something_only_with_one_value() -> None:
    assert read_json('{"a":1,"b":{"c":[1]},"a":1,"b":{"c":[1]}}') == {"a": 1, "b": {"c": [1]}}
    for text in ('{"a":1,"a":2}', '{"a":1,"a":true}', '[{"a":{"b":1,"b":2}}]', '{"a":-Infinity}'):
        with pytest.raises(ValueError, match=r"two values|not a number"):
            read_json(text)
    twice = '{"reasoning":"x","choice":"A","choice":"A"}'
    assert read_reply(read_whole(twice, SCHEMA).text, ("A", "B"), "before") == (0, "x")
    with pytest.raises(ReplyError, match="two values"):
        read_reply(twice.replace('"A"}', '"B"}'), ("A", "B"), "before")


# --- probabilities, markup --------------------------------------------------------------------


def answered(logprobs: object) -> dict[str, Any]:
    return {"choices": [{"message": {"content": "x"}, "logprobs": logprobs}]}


def tops(*logs: object) -> dict[str, Any]:
    entries = [{"token": "abcdef"[i], "logprob": log} for i, log in enumerate(logs)]
    return answered({"content": [{"token": "a", "logprob": None, "top_logprobs": entries}]})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (tops(-0.5, -1), [("a", -0.5), ("b", -1.0)]),
        (tops(None, -1), [("b", -1.0)]),
        (tops(math.nan, -math.inf, "-0.5", True, [], -2.5), [("f", -2.5)]),
        (tops(None, None), None),
        (tops(), None),
        # The older format.
        (
            answered({"tokens": ["a"], "token_logprobs": [-0.5],
                      "top_logprobs": [{"a": -0.5, "b": None, "c": -2}]}),
            [("a", -0.5), ("c", -2.0)],
        ),
        (answered({"tokens": ["a"], "token_logprobs": [None], "top_logprobs": [None]}), None),
        (answered({"content": [{"token": "a", "logprob": -1, "top_logprobs": None}]}), None),
        (answered({"content": [{"top_logprobs": ["a", None, {"token": 7, "logprob": -1}]}]}), None),
        (answered({"content": [{"top_logprobs": [{"token": "\ud83d", "logprob": -1}]}]}),
         [("\ufffd", -1.0)]),
        (answered({"content": []}), None), (answered({"content": None}), None),
        (answered([]), None), (answered(None), None), (answered(7), None),
        ({"choices": []}, None), ({"choices": [None]}, None), ({"choices": 7}, None), ({}, None),
    ],
)  # fmt: skip
def test_probabilities_are_read_as_far_as_they_are_told(answer: Any, expected: Any) -> None:
    assert first_tokens(answer) == expected


@pytest.mark.parametrize(
    "token",
    ["<|im_start|>", "<|eot_id|>", "</s>", "<s>", "[INST]", "[/INST]", "<<SYS>>", "<start_of_turn>",
     "<end_of_turn>", "<bos>", "<｜User｜>", "<think>", "</think>", "[THINK]", "<|channel|>",
     "<channel|>", "<tool_call>", "[TOOL_CALLS]", "<unused7>", "[SEP]", "<extra_id_0>"],
)  # fmt: skip
def test_what_may_be_a_control_token_is_told(token: str) -> None:
    note = control_note([Message("user", "Who?"), Message("user", f"He said {token} to me.")])
    assert note is not None and token in note


@given(st.text(st.sampled_from("ab <>|[]/s")))
def test_the_search_for_control_tokens_ends(text: str) -> None:
    control_note([Message("user", text * 20)])


def test_plain_text_is_no_markup() -> None:
    for text in ("a < b > c", "if x <y> z", "[1] see [Smith]", "<p>Hi</p>", "a|b", "2 << 3", ""):
        assert control_note([Message("user", text)]) is None


def test_thinking_of_the_past_is_no_part_of_a_reply() -> None:
    assert split_thinking(with_thinking("hm", GOOD)) == ("hm", GOOD)
