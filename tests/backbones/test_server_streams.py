"""Odd streams of servers: the program reads clear ones, and the others are typed failures."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator
from typing import Any

import pytest

from align_tui.backbones.base import ChoiceScoringRequest
from align_tui.backbones.server import pool
from align_tui.backbones.server.errors import Broken
from align_tui.backbones.server.event_stream import LenientDecoder
from align_tui.core.decisions import Message
from align_tui.core.errors import AlignError, ServerError
from align_tui.core.replies import read_reply, split_thinking
from tests.servers.facing import CHOICES, GOOD, PROMPT, facing, opened, spec, write
from tests.servers.hostile import Act, Call, deltas, events, hang_up, hostile, raw, say, status

BALLOT = ChoiceScoringRequest(
    PROMPT, tuple('{"reasoning":"so","choice":"' + choice + '"' for choice in CHOICES)
)
TOP = [(" A", -0.5), (" B", -1.5)]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(pool, "LONGEST_WAIT_S", 0.05)


def reply(reasoning: str) -> str:
    return '{"reasoning":"' + reasoning + '","choice":"Treat Patient A"}'


def chunk(**delta: object) -> str:
    return json.dumps({"choices": [{"delta": delta}]})


PIECE = chunk(content=GOOD)
WHOLE_MESSAGE = {"choices": [{"message": {"content": GOOD}, "finish_reason": "stop"}]}


# --- halves of characters ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pieces", "reasoning"),
    [
        (["So \ud83d", "\ude00."], "So 😀."),
        (["So \ud83d", "."], "So \ufffd."),
        (["So \ude00."], "So \ufffd."),
        (["\ud83d", "", "\ud83d", "\ude00"], "\ufffd😀"),
        # An escape in the reply's JSON, cut in the middle.
        (["So \\ud83d", "\\ude00."], "So 😀."),
        (["So \\ud8", "3d."], "So \ufffd."),
        (["\x02So\x03\x00."], "\ufffdSo\ufffd\ufffd."),  # marks of this program's streams
    ],
)  # fmt: skip
async def test_halves_of_characters_harm_nothing(pieces: list[str], reasoning: str) -> None:
    begin, end = reply("|").split("|")
    async with facing(deltas(begin, *pieces, end), spec={"retries": 0}) as (_, backbone):
        made = await write(backbone)
        assert read_reply(made.text, CHOICES, "before") == (0, reasoning)


async def test_halves_of_characters_in_thinking_harm_nothing() -> None:
    thoughts = [{"reasoning_content": piece} for piece in ("h\ud83d", "\ude00m\ud83d")]
    async with facing(deltas(*thoughts, GOOD)) as (_, backbone):
        made = await write(backbone, thinking="auto")
        assert split_thinking(made.text) == ("h😀m\ufffd", GOOD)


@pytest.mark.parametrize("cut", [1, 2, 3])
async def test_bytes_of_a_character_may_come_in_two_events_or_not_at_all(cut: int) -> None:
    begin, end = reply("So 😀.").split("😀")
    face = "😀".encode()

    def event(raw_text: bytes) -> bytes:
        escaped = raw_text.replace(b'"', b'\\"')
        return b'data: {"choices":[{"delta":{"content":"' + escaped + b'"}}]}\n\n'

    done = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    whole = (event(begin.encode() + face[:cut]), event(face[cut:] + end.encode()))
    half = (event(begin.encode() + face[:cut]), event(end.encode()))
    # A cut by the connection does no harm either.
    stream = b"".join(whole) + done
    inside = stream.index(face[:cut]) + 1
    for parts, said in (
        ((*whole, done), "So 😀."),
        ((stream[:inside], stream[inside:]), "So 😀."),
        ((*half, done), "So \ufffd."),
    ):
        async with facing(raw(*parts), spec={"retries": 0}) as (_, backbone):
            read = read_reply((await write(backbone)).text, CHOICES, "before")[1]
            assert read.replace("\ufffd\ufffd", "\ufffd").replace("\ufffd\ufffd", "\ufffd") == said


async def test_errors_and_names_hold_nothing_that_cannot_be_stored() -> None:
    wrongs = (
        status(400, "bad \ud83d"), say("no \ud83d"), deltas({"refusal": "no \ud83d"}),
        events('{"error":{"message":"died \\ud83d"}}'), say("no", finish="\ud83d"),
        say('{"\ud83d":1,"reasoning":"\\ud83d","choice":"\\ud83d"}'),
    )  # fmt: skip
    for wrong in wrongs:
        async with facing(wrong, spec={"retries": 0}) as (_, backbone):
            with pytest.raises(AlignError) as caught:
                await write(backbone)
            f"{caught.value.message}{caught.value.hint}".encode()
    async with hostile(model="m\ud83d") as server:
        with pytest.raises(ServerError, match="serves no model"):
            await opened(spec(server))
        backbone = await opened(spec(server).model_copy(update={"model": ""}))
        f"{backbone.info}".encode()
        await asyncio.to_thread(backbone.close)


# --- ends of streams --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "noted"),
    [
        (deltas(GOOD), ""), (deltas(GOOD, finish="eos"), ""), (say(GOOD + "\n"), ""),
        (deltas(GOOD, finish=None), "without a finish reason"),
        (deltas(GOOD, finish=""), "without a finish reason"),
        (deltas(GOOD, finish=None, done=False), "without a finish reason"),
        (deltas(GOOD, finish="end_turn"), "'end_turn'"), (say(GOOD, "tool_calls"), "'tool_calls'"),
        (deltas(GOOD, finish="length"), "'length'"), (deltas(GOOD, finish=7), "'7'"),
        (deltas(GOOD, finish="content_filter"), "'content_filter'"),
        (hang_up(GOOD), "broke off"),
        (events(PIECE, "{not json"), "broke off"),
        (events(PIECE, '{"error":{"message":"late"}}'), "broke off"),
        (say(GOOD + "<|im_end|>"), "left out: <|im_end|>"),
        (say(GOOD + "</s>\n"), "left out: </s>"),
        (say(f"```json\n{GOOD}\n```"), ""),
        (deltas({"content": [{"type": "text", "text": GOOD}]}), ""),
        (deltas(*[{"content": [{"type": "text", "text": c}]} for c in GOOD]), ""),
        (deltas({"role": "assistant", "content": None}, GOOD, {}, {"content": ""}, None), ""),
        (deltas(GOOD, usage={"prompt_tokens": 7, "completion_tokens": None}), ""),
        (events(*[chunk(content=c) for c in GOOD],
                '{"choices":[],"usage":{"completion_tokens":3}}', '{"choices":null,"usage":null}',
                '{"choices":[{"delta":{},"finish_reason":"stop","message":{"content":"again"}}]}'),
         ""),
        (events(json.dumps(WHOLE_MESSAGE)), ""),
    ],
)  # fmt: skip
async def test_a_reply_that_is_whole_is_taken_however_its_stream_ends(act: Act, noted: str) -> None:
    async with facing(act, spec={"retries": 0}) as (server, backbone):
        made = await write(backbone)
        assert made.text == GOOD and made.finish == "stop" and len(server.asked) == 1
        assert len(made.notes) == bool(noted) and noted in "".join(made.notes)


async def test_a_reply_that_is_whole_is_taken_from_a_stream_that_stalls() -> None:
    async def act(call: Call) -> None:
        await call.head(200, "text/event-stream", {})
        await call.piece(GOOD)
        await call.until_closed()

    async with facing(act, spec={"stall_s": 0.5, "retries": 0}) as (_, backbone):
        made = await write(backbone)
        assert made.text == GOOD and "broke off" in made.notes[0]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (deltas(GOOD[:-1], finish=None), "in the middle"),
        (deltas(GOOD[:-1], finish="tool_calls"), "an unknown reason: 'tool_calls'"),
        (deltas(GOOD[:-1], finish="content_filter"), "refused"),
        (deltas(GOOD[:-1], finish="end_turn"), "not JSON"),
        (deltas(GOOD[:-2] + '","choice":"Treat Patient B"}'), "two values"),
        (deltas(GOOD.replace('"so"', "NaN")), "is not a number"),
        (deltas(GOOD, GOOD.replace("A", "B")), "not JSON"),
        (deltas(GOOD, {"refusal": "no"}), "refused"),
        (deltas(finish="stop"), "not JSON"), (deltas(finish=None), "in the middle"),
        (deltas({"content": [{"type": "image_url"}, 7]}), "not JSON"), (deltas([7]), "not JSON"),
    ],
)  # fmt: skip
async def test_a_reply_that_is_not_clear_is_a_typed_failure_of_it_alone(
    act: Act, said: str
) -> None:
    async with facing(act, spec={"retries": 0}) as (_, backbone):
        with pytest.raises(AlignError, match=said):
            await write(backbone)
        assert (await write(backbone)).text == GOOD


async def test_a_cut_reply_is_cut() -> None:
    for finish in ("length", "MAX_TOKENS"):
        async with facing(deltas(GOOD[:-5], finish=finish)) as (_, backbone):
            made = await write(backbone)
            assert (made.text, made.finish) == (GOOD[:-5], "length")


async def test_a_prompt_with_what_may_be_control_tokens_is_noted() -> None:
    turns = (Message("user", "She said <|im_start|>system and </s>."),)
    async with facing() as (_, backbone):
        [note] = (await write(backbone, messages=turns)).notes
        assert "<|im_start|>, </s>" in note


# --- token probabilities, which a server may lack ---------------------------------------------


def with_logprobs(*logs: Any, legacy: bool = False) -> Act:
    """Answer with these log probabilities of the likeliest tokens."""
    named = dict(zip((" A", " B", " C"), logs, strict=False))
    logprobs: dict[str, Any] = {"top_logprobs": [named], "tokens": [" A"], "token_logprobs": [None]}
    if not legacy:
        tops = [{"token": token, "logprob": log} for token, log in named.items()]
        logprobs = {"content": [{"token": " A", "logprob": None, "top_logprobs": tops}]}
    answer = {"choices": [{"message": {"content": None}, "logprobs": logprobs}]}
    return lambda call: call.json(200, answer)


@pytest.mark.parametrize(
    "act",
    [
        with_logprobs(None, None), with_logprobs("x"), with_logprobs(math.nan, -math.inf),
        with_logprobs(None, legacy=True),
        lambda call: call.json(200, {"choices": []}), lambda call: call.json(200, [1]),
        lambda call: call.json(200, {"choices": [{"message": None, "logprobs": [3]}]}),
        status(400), status(403), status(500), status(503), status(429, retry_after="0"), hang_up(),
        raw(b"\xff"),
    ],
)  # fmt: skip
async def test_no_fault_of_probabilities_refuses_a_server(act: Act) -> None:
    async with hostile() as server:
        server.scorings.append(act)
        backbone = await opened(spec(server))
        [note] = backbone.info.notes
        assert "no token probabilities" in note
        assert await backbone.score(BALLOT) is None and (await write(backbone)).text == GOOD
        await asyncio.to_thread(backbone.close)


@pytest.mark.parametrize("legacy", [False, True])
async def test_probabilities_are_read_as_far_as_they_are_told(legacy: bool) -> None:
    async with hostile() as server:
        server.scorings.append(with_logprobs(-0.5, -1.5, None, legacy=legacy))
        backbone = await opened(spec(server))
        found = await backbone.score(BALLOT)
        assert found is not None
        assert found.probabilities[0] / found.probabilities[1] == pytest.approx(math.e)
        # A later failure of probabilities alone does not fail the decision.
        for wrong in (with_logprobs(None), status(400), status(500), hang_up()):
            server.scorings.clear()
            server.scorings.append(wrong)
            assert await backbone.score(BALLOT) is None
        await asyncio.to_thread(backbone.close)


# --- probes before the first sample -----------------------------------------------------------


@pytest.mark.parametrize(
    ("checks", "schema"),
    [
        # After one miss the check asks again; two misses count.
        ([say("No.")], "whole"), ([say("No."), say("No.")], "none"),
        # Without a finish reason, the received text counts.
        ([say(None, None)], "whole"), ([say("No.", None), say("No.", None)], "none"),
        ([say("No."), say(f"```json\n{GOOD}\n```")], "none"),
        # Cut within blanks, before it shows anything.
        ([say('{\n\n\t\t"wo', "length")], "whole"), ([say("{ \n", "length")] * 3, "unknown"),
        ([say('{"word":\n\n"', "length"), say("No."), say("No.")], "none"),
    ],
)  # fmt: skip
async def test_the_check_of_the_schema_believes_what_a_reply_shows(
    checks: list[Act], schema: str
) -> None:
    async with hostile() as server:
        server.checks.extend(checks)
        backbone = await opened(spec(server))
        assert backbone._capabilities.schema == schema and not server.checks
        await asyncio.to_thread(backbone.close)


@pytest.mark.parametrize(
    "form", ["{}", "{}<|im_end|>", " {}\n", "<think>hm</think>{}", "<think>\n\n</think>\n\n{}"]
)
@pytest.mark.parametrize("more", ["", "so", "x" * 30])
async def test_a_random_word_in_its_place_shows_that_the_schema_is_held(
    form: str, more: str
) -> None:
    async def act(call: Call) -> None:
        assert call.schema is not None
        word = call.schema["properties"]["word"]["enum"][1]
        said = json.dumps({"word": word, "more": more})
        await say(form.replace("{}", said))(call)

    async with hostile() as server:
        server.checks.append(act)
        backbone = await opened(spec(server))
        assert backbone._capabilities.schema == "whole"
        await asyncio.to_thread(backbone.close)


async def test_an_event_of_lines_without_text_has_an_end_too() -> None:
    async def given() -> AsyncIterator[bytes]:
        while True:
            yield b"data:\n" * 100_000

    with pytest.raises(Broken, match="an event of more than"):
        async for _ in LenientDecoder().aiter_bytes(given()):
            pass
