"""Thinking models on servers: switch and cap thinking, and keep it apart from the reply."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from align_tui.backbones.base import ChoiceScoringRequest
from align_tui.backbones.server import pool
from align_tui.core.decisions import Generation, Rendering, ThinkingMode
from align_tui.core.errors import ReplyError
from align_tui.core.replies import THINKING, THOUGHT, read_reply, split_thinking, with_thinking
from tests.servers.facing import CHOICES, GOOD, PROMPT, facing, opened, spec, write
from tests.servers.hostile import Act, Hostile, deltas, hang_up, hostile, say, status

DETAILS = "completion_tokens_details"
TOP = [(" A", -0.5), (" B", -1.5)]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(pool, "LONGEST_WAIT_S", 0.05)


def thought(*pieces: str, key: str = "reasoning_content") -> list[dict[str, object]]:
    return [{key: piece} for piece in pieces]


MAGISTRAL = {
    "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "He bleeds."}]}]
}
DRAFT = '{"reasoning":"no","choice":"Treat Patient B"}'


# --- kept apart -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        deltas(*thought("He ", "bleeds."), GOOD),
        deltas(*thought("He ", "bleeds.", key="reasoning"), GOOD),
        deltas({"reasoning": [{"type": "text", "text": "He bleeds."}]}, GOOD),
        deltas({"reasoning": {"summary": "He bleeds."}, "content": None}, GOOD),
        deltas(*[{"reasoning": p, "reasoning_content": p} for p in ("He ", "bleeds.")], GOOD),
        deltas(MAGISTRAL, {"content": [{"type": "text", "text": GOOD}]}),
        deltas({"reasoning_content": "He bleeds.", "content": GOOD}),
        say(f"<think>\nHe bleeds.\n</think>\n\n{GOOD}"),
        say(f"He bleeds.\n</think>\n\n{GOOD}"),
        say(f"[THINK]He bleeds.[/THINK]```json\n{GOOD}\n```"),
        say(f"<|channel|>analysis<|message|>He bleeds.<|end|><|start|>assistant"
            f"<|channel|>final<|message|>{GOOD}<|return|>"),
        # Thinking that arrives after the reply still comes first.
        deltas(GOOD, *thought("He bleeds.")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ignores_schema", [False, True])
async def test_thinking_is_kept_apart_however_it_comes(act: Act, ignores_schema: bool) -> None:
    async with facing(act, ignores_schema=ignores_schema, spec={"retries": 0}) as (_, backbone):
        heard: list[str] = []
        made = await write(backbone, thinking="on", heard=heard)
        assert split_thinking(made.text) == ("He bleeds.", GOOD) and made.finish == "stop"
        assert read_reply(made.text, CHOICES, "before") == (0, "so")
        assert 1 <= made.thinking_tokens <= made.tokens
        assert not [note for note in made.notes if "hinking" in note]


async def test_thinking_is_told_before_the_reply_as_it_comes() -> None:
    async with facing(deltas(*thought("He ", "bleeds.\n"), GOOD[:5], GOOD[5:])) as (_, backbone):
        heard: list[str] = []
        await write(backbone, thinking="auto", heard=heard)
        assert heard == ["", THINKING, "He", " bleeds.", THOUGHT, GOOD[:5], GOOD[5:]]


@pytest.mark.parametrize(
    ("usage", "counted"),
    [
        ({"completion_tokens": 50, DETAILS: {"reasoning_tokens": 40}}, (50, 40)),
        ({"completion_tokens": 50, DETAILS: None}, (50, 2)),
        ({"completion_tokens": 50, DETAILS: {"reasoning_tokens": "many"}}, (50, 2)),
        ({"completion_tokens": 5, DETAILS: {"reasoning_tokens": 40}}, (5, 5)),
        (None, (3, 2)),
    ],
)  # fmt: skip
async def test_thinking_is_counted(usage: Any, counted: tuple[int, int]) -> None:
    async with facing(deltas(*thought("a", "b"), GOOD, usage=usage)) as (_, backbone):
        made = await write(backbone, thinking="auto")
        assert (made.tokens, made.thinking_tokens) == counted


async def test_thinking_that_comes_although_it_is_off_is_noted() -> None:
    async with facing(deltas(*thought("a", "b"), GOOD)) as (_, backbone):
        made = await write(backbone)
        assert split_thinking(made.text) == ("ab", GOOD)
        assert "although thinking is off (2 tokens)" in made.notes[0]
        assert (await write(backbone)).notes == ()
        assert "sent no thinking" in (await write(backbone, thinking="on")).notes[0]


# --- switched ---------------------------------------------------------------------------------


@pytest.mark.parametrize("owner", ["vllm", "sglang", "llamacpp", "nobody"])
@pytest.mark.parametrize("mode", ["off", "on", "auto"])
async def test_the_template_is_told_whether_to_think(owner: str, mode: ThinkingMode) -> None:
    async with facing(owner=owner) as (server, backbone):
        await write(backbone, thinking=mode)
        [body] = server.asked
        sent = body.get("chat_template_kwargs")
        switched = {"enable_thinking": mode == "on", "thinking": mode == "on"}
        assert sent == (None if owner == "nobody" or mode == "auto" else switched)
        assert body["max_tokens"] == (90 if mode == "off" else 130)
        assert "reasoning_effort" not in body


async def test_values_of_the_profile_win_and_reach_scoring_too() -> None:
    values = Rendering(
        {"enable_thinking": True, "date_string": "1 May", "reasoning_effort": "high"}
    )
    extra = {"chat_template_kwargs": {"mine": 1}, "repetition_penalty": 1.5}
    async with facing(owner="vllm", top=TOP, spec={"extra": extra}) as (server, backbone):
        await write(backbone, rendering=values)
        replies = tuple('{"reasoning":"so","choice":"' + choice + '"' for choice in CHOICES)
        assert (
            await backbone.score(ChoiceScoringRequest(PROMPT, replies, rendering=values))
            is not None
        )
        assert len(server.asked) == 2
        for body in server.asked:
            expected = {"enable_thinking": True, "thinking": False, "date_string": "1 May",
                    "reasoning_effort": "high", "mine": 1}  # fmt: skip
            assert body["chat_template_kwargs"] == expected and body["reasoning_effort"] == "high"
            assert body["repetition_penalty"] == 1.5
    async with facing() as (server, backbone):
        made = await write(backbone, rendering=values)
        assert "chat_template_kwargs" not in server.asked[0]
        assert "not sent (date_string, enable_thinking)" in made.notes[0]


async def test_a_model_that_always_thinks_is_asked_for_the_least() -> None:
    async with hostile(owner="vllm", model="openai/gpt-oss-20b") as server:
        backbone = await opened(spec(server).model_copy(update={"model": "openai/gpt-oss-20b"}))
        await write(backbone)
        await write(backbone, thinking="auto")
        off, auto = server.asked
        assert off["reasoning_effort"] == "low" and "reasoning_effort" not in auto
        await asyncio.to_thread(backbone.close)


async def test_a_server_that_refuses_template_values_serves_without() -> None:
    async def refuse(call: Any) -> None:
        assert "chat_template_kwargs" in call.body
        await status(400, "chat_template_kwargs are not supported for Mistral tokenizers")(call)

    async with hostile(owner="vllm") as server:
        server.checks.append(refuse)
        backbone = await opened(spec(server))
        await write(backbone)
        assert "chat_template_kwargs" not in server.asked[-1]
        assert not [note for note in backbone.info.notes if "schema" in note]
        await asyncio.to_thread(backbone.close)


# --- capped, and asked a second time ----------------------------------------------------------

SPENT = [
    deltas(*thought("He ", "bleeds."), finish="length"),
    deltas(*thought("He ", "bleeds."), finish="stop"),
    say("<think>\nHe bleeds.", "length"),
    say("He bleeds.", "length"),  # the chat template wrote the opening mark
    say("<think>He bleeds.</think>\n"),
    deltas(MAGISTRAL, finish="MAX_TOKENS"),
]


def second(made: Generation, server: Hostile) -> dict[str, Any]:
    """The body of the second request; checks that the reply combines both."""
    assert split_thinking(made.text) == ("He bleeds.", GOOD) and made.finish == "stop"
    assert any("asked for the reply again" in note for note in made.notes)
    first, body = server.asked
    assert body["max_tokens"] == 90 and first["messages"] == body["messages"][: len(PROMPT)]
    assert ("response_format" in body) or ("structured_outputs" in body)
    return body


@pytest.mark.parametrize("act", SPENT)
@pytest.mark.parametrize("owner", ["vllm", "sglang", "llamacpp"])
async def test_thinking_alone_is_closed_and_gone_on_with(act: Act, owner: str) -> None:
    async with facing(act, owner=owner, spec={"retries": 0}) as (server, backbone):
        heard: list[str] = []
        made = await write(backbone, thinking="on", heard=heard)
        body = second(made, server)
        last = body["messages"][-1]
        assert last == {"role": "assistant", "content": "<think>\nHe bleeds.\n</think>\n\n"}
        assert body.get("continue_final_message") == (True if owner != "llamacpp" else None)
        assert body["chat_template_kwargs"]["enable_thinking"] is False


@pytest.mark.parametrize("act", SPENT)
async def test_thinking_alone_is_given_back_where_no_turn_is_gone_on_with(act: Act) -> None:
    async with facing(act, spec={"retries": 0}) as (server, backbone):
        body = second(await write(backbone, thinking="auto"), server)
        thinking, asked = body["messages"][-2:]
        assert thinking == {"role": "assistant", "content": "He bleeds."}
        assert asked["role"] == "user" and "continue_final_message" not in body


async def test_a_template_that_drops_the_thinking_of_a_turn_is_got_round() -> None:
    refused = status(400, "continue_final_message is set but the final message does not appear")
    async with facing(SPENT[0], refused, owner="vllm", spec={"retries": 0}) as (server, backbone):
        made = await write(backbone, thinking="on")
        assert split_thinking(made.text) == ("He bleeds.", GOOD) and len(server.asked) == 3
        assert "continue_final_message" not in server.asked[-1]


async def test_the_cap_of_thinking_holds_and_the_stream_is_left() -> None:
    async def endless(call: Any) -> None:
        await call.head(200, "text/event-stream", {})
        while True:
            await call.piece(None, reasoning_content="on ")

    async with facing(endless, owner="vllm", spec={"retries": 0}) as (server, backbone):
        made = await write(backbone, thinking="on", cap=20)
        thinking, reply = split_thinking(made.text)
        assert reply == GOOD and thinking.split() == ["on"] * 21 and made.thinking_tokens == 21
        assert len(server.asked) == 2


async def test_thinking_that_never_ends_is_cut_and_never_read_as_the_reply() -> None:
    drafts = deltas(*thought(f"It may be {DRAFT}"), finish="length")
    async with facing(*[drafts] * 3, owner="vllm", spec={"retries": 0}) as (server, backbone):
        made = await write(backbone, thinking="on")
        assert made.finish == "length" and split_thinking(made.text)[1] == ""
        assert len(server.asked) == 3  # the request as it is, continued, and asked again
        assert (await write(backbone)).text == GOOD
    stops = deltas(*thought(DRAFT), finish="stop")
    inline = say(f"<think>{DRAFT}")
    for act in (stops, inline):
        async with facing(*[act] * 2, spec={"retries": 0}) as (_, backbone):
            with pytest.raises(ReplyError, match="gave no reply"):
                await write(backbone)


@pytest.mark.parametrize("act", [deltas(*thought("hm"), finish=None), hang_up()])
async def test_thinking_that_breaks_off_is_asked_for_again(act: Act) -> None:
    async with facing(act) as (server, backbone):
        assert (await write(backbone)).text == GOOD
        assert server.asked[0]["messages"] == server.asked[1]["messages"]


async def test_thinking_that_is_refused_is_a_reply_error() -> None:
    async with facing(deltas(*thought("hm"), finish="content_filter")) as (server, backbone):
        with pytest.raises(ReplyError, match="refused"):
            await write(backbone)
        assert len(server.asked) == 1


# --- probabilities behind thinking ------------------------------------------------------------


def request(thinking: str = "He bleeds.") -> ChoiceScoringRequest:
    begun = '{"reasoning":"so","choice":"'
    return ChoiceScoringRequest(
        PROMPT, tuple(with_thinking(thinking, f'{begun}{c}"') for c in CHOICES)
    )


@pytest.mark.parametrize("owner", ["vllm", "sglang", "llamacpp"])
async def test_choices_are_scored_behind_the_thinking(owner: str) -> None:
    async with facing(owner=owner, top=TOP) as (server, backbone):
        found = await backbone.score(request())
        assert found is not None and found.probabilities[0] > 0.5
        turn = server.asked[0]["messages"][-1]
        assert turn["content"] == (
            '<think>\nHe bleeds.\n</think>\n\n{"reasoning":"so","choice":"Treat Patient'
        )
        assert THINKING not in json.dumps(server.asked) and "\\u0002" not in json.dumps(
            server.asked
        )


async def test_choices_have_no_probabilities_where_thinking_cannot_be_gone_on_with() -> None:
    async with facing(top=TOP) as (server, backbone):
        assert await backbone.score(request()) is None and not server.asked
        assert await backbone.score(request("")) is not None
    refused = status(400, "the final message does not appear in the chat")
    async with hostile(owner="vllm", top=TOP) as server:
        backbone = await opened(spec(server))
        server.scorings.append(refused)
        assert await backbone.score(request()) is None
        await asyncio.to_thread(backbone.close)


# --- asked at the start -----------------------------------------------------------------------

ONLY = deltas(*thought("Hm, ", "no."), finish="length")


@pytest.mark.parametrize(
    ("checks", "schema", "rooms"),
    [
        ([], "whole", [64]),
        ([ONLY], "whole", [64, 512]),
        ([ONLY, ONLY], "whole", [64, 512, 4096]),
        ([ONLY] * 3, "unknown", [64, 512, 4096]),
        ([say("<think>Hm, no.", "length")] * 3, "unknown", [64, 512, 4096]),
        ([ONLY, say("No."), say("No.")], "none", [64, 512, 512]),
    ],
)
async def test_thinking_is_not_mistaken_for_an_ignored_schema(
    checks: list[Act], schema: str, rooms: list[int]
) -> None:
    async with hostile(owner="vllm") as server:
        server.checks.extend(checks)
        backbone = await opened(spec(server, retries=0))
        asked = [call.body for call in server.calls if "Say no" in json.dumps(call.body)]
        assert backbone._capabilities.schema == schema
        assert [body["max_tokens"] for body in asked] == rooms
        assert all(b["chat_template_kwargs"]["enable_thinking"] is False for b in asked)
        if schema == "unknown":
            # The request sends and states the schema; after a misfit it says what was wrong.
            assert "only thought" in backbone.info.notes[0]
            assert "no schema held" not in backbone.info.name
            made = await write(backbone)
            assert made.text == GOOD and "structured_outputs" in server.asked[-1]
            assert "JSON schema" in server.asked[-1]["messages"][-1]["content"]
        await asyncio.to_thread(backbone.close)


async def test_a_server_of_unknown_holding_is_told_what_was_wrong() -> None:
    async with hostile() as server:
        server.checks.extend([ONLY] * 3)
        backbone = await opened(spec(server))
        server.script.append(say("Patient A."))
        assert (await write(backbone)).text == GOOD
        assert server.asked[-1]["messages"][-2]["content"] == "Patient A."
        assert "Answer again" in server.asked[-1]["messages"][-1]["content"]
        assert server.asked[-1]["messages"][-1]["role"] == "user"
        await asyncio.to_thread(backbone.close)
