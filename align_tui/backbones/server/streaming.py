"""One request through an Outlines model: its text as it comes, how it ended, how likely it was."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from outlines import from_openai, from_sglang, from_vllm
from outlines.inputs import Chat
from outlines.types import JsonSchema

from align_tui.backbones.server.pool import Endpoint
from align_tui.backbones.server.tap import Tap
from align_tui.backbones.server.troubles import Broken
from align_tui.core.decisions import Finish, Message
from align_tui.core.errors import ReplyError
from align_tui.core.types import JsonObject

OUTLINES = {"openai": from_openai, "vllm": from_vllm, "sglang": from_sglang}
"""How a dialect is spoken: Outlines knows where each server wants its schema."""
ENDS: dict[str, Finish] = {"stop": "stop", "eos": "stop", "eos_token": "stop", "length": "length"}
BAD_SHAPE = (ValueError, TypeError, AttributeError, LookupError)
"""What Outlines and we run into where JSON is not shaped as promised."""
LONGEST = 2_000_000
"""Characters after which a stream is given up: no cap of tokens that a profile takes needs more."""
OnPiece = Callable[[float, str], None]
"""Takes (the loop's time, new text)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What one request asks: turns, schema (None: free text), the body's further keys."""

    dialect: str
    model: str
    messages: tuple[Message, ...]
    schema: JsonObject | None
    body: dict[str, Any]
    first_text_s: float
    stall_s: float


@dataclass(slots=True)
class Reply:
    """What came of it. Token counts are 0 where the server does not tell them."""

    text: str = ""
    finish: Finish = "stop"
    prompt_tokens: int = 0
    tokens: int = 0


@lru_cache(maxsize=512)
def _output_type(schema: str) -> Any:
    """Outlines' schema; checking it takes a millisecond, and profiles share schemas."""
    return JsonSchema(schema)


def _outlines_model(ask: Ask, tap: Tap) -> Any:
    model = OUTLINES[ask.dialect](tap.client, ask.model)
    model.client = tap
    return model


def _arguments(ask: Ask) -> tuple[Chat, Any]:
    turns = Chat([{"role": m.role, "content": m.content} for m in ask.messages])
    if ask.schema is None:
        return turns, None
    return turns, _output_type(json.dumps(ask.schema, ensure_ascii=False))


async def stream_reply(endpoint: Endpoint, ask: Ask, on_piece: OnPiece) -> Reply:
    """The reply, told piece by piece; cancelling the task closes the stream.

    Raises TimeoutError when it does not begin or stalls, Broken when it ends early, ReplyError
    when the model refuses, and whatever client and parser raise.
    """
    tap = Tap(endpoint.client)
    turns, output_type = _arguments(ask)
    pieces: list[str] = []
    length = 0
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(ask.first_text_s) as clock:
            stream = _outlines_model(ask, tap).generate_stream(turns, output_type, **ask.body)
            async with aclosing(_pieces(stream)) as told:
                async for piece in told:
                    now = loop.time()
                    clock.reschedule(now + ask.stall_s)
                    pieces.append(piece)
                    length += len(piece)
                    if length > LONGEST:
                        raise Broken(f"did not end its reply within {LONGEST} characters")
                    on_piece(now, piece)
    except TimeoutError as error:
        if not clock.expired():
            raise
        what = "stalled: no more text came" if pieces else "sent no text"
        raise TimeoutError(what) from error
    finally:
        await tap.close()
    return _reply(tap, "".join(pieces), len(pieces))


async def _pieces(stream: AsyncGenerator[object]) -> AsyncGenerator[str]:
    """The texts of a stream; raises Broken where it holds what is no chunk."""
    async with aclosing(stream):
        try:
            async for piece in stream:
                if piece:
                    yield str(piece)
        except BAD_SHAPE as error:
            raise Broken(f"sent what is no reply: {error}") from error


def _reply(tap: Tap, text: str, pieces: int) -> Reply:
    if tap.refusal or tap.ended == "content_filter":
        raise ReplyError(f"The model refused to answer: {tap.refusal[:200] or 'content filter'}")
    if tap.ended is None:
        raise Broken("ended its reply in the middle")
    finish = ENDS.get(tap.ended)
    if finish is None:
        raise ReplyError(f"The reply ended for a reason of the server's own: {tap.ended[:80]!r}")
    prompt, tokens = (_count(tap.usage.get(f"{kind}_tokens")) for kind in ("prompt", "completion"))
    return Reply(text, finish, prompt, tokens or pieces)


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 1 << 40 else 0


async def likeliest_tokens(endpoint: Endpoint, ask: Ask) -> Sequence[tuple[str, float]] | None:
    """(token, natural logarithm of its probability) of what may come first, or None without.

    Raises as `stream_reply`.
    """
    tap = Tap(endpoint.client)
    turns, output_type = _arguments(ask)
    async with asyncio.timeout(ask.first_text_s):
        try:
            await _outlines_model(ask, tap).generate(turns, output_type, **ask.body)
            [choice, *_] = tap.answer.get("choices") or [{}]
            content = (choice.get("logprobs") or {}).get("content") or [{}]
            tops = content[0].get("top_logprobs") or []
            return [(str(top["token"]), float(top["logprob"])) for top in tops] or None
        except BAD_SHAPE as error:
            raise Broken(f"answered what is no reply: {error}") from error
