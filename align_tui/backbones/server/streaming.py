"""One request through an Outlines model: its text as it comes, and what else the chunks say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from openai import AsyncStream
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from outlines import from_openai, from_sglang, from_vllm
from outlines.inputs import Chat
from outlines.types import JsonSchema

from align_tui.backbones.server.pool import Endpoint
from align_tui.backbones.server.troubles import Broken
from align_tui.core.decisions import Finish, Message
from align_tui.core.errors import ReplyError
from align_tui.core.types import JsonObject

OUTLINES = {"openai": from_openai, "vllm": from_vllm, "sglang": from_sglang}
"""How a dialect is spoken: Outlines knows where each server wants its schema."""
ENDS: dict[str, Finish] = {"stop": "stop", "eos": "stop", "eos_token": "stop", "length": "length"}
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


@dataclass(eq=False)
class Tap:
    """Stands where Outlines expects the client.

    Outlines hands on text alone: why it ended, the tokens counted and their probabilities are
    looked at here, as the answers pass.
    """

    client: Any
    ended: str | None = None
    refusal: str = ""
    usage: Any = None
    completion: ChatCompletion | None = None
    _stream: AsyncStream[ChatCompletionChunk] | None = field(default=None, repr=False)

    @property
    def chat(self) -> Tap:
        """The way to `create` as Outlines walks it: `client.chat.completions.create`."""
        return self

    @property
    def completions(self) -> Tap:
        """See `chat`."""
        return self

    async def create(self, **arguments: Any) -> Any:
        """The client's own `create`, with what it returns looked at."""
        answer = await self.client.chat.completions.create(**arguments)
        if not arguments.get("stream"):
            self.completion = answer
            return answer
        self._stream = answer
        return self._watch(answer)

    async def _watch(
        self, stream: AsyncStream[ChatCompletionChunk]
    ) -> AsyncIterator[ChatCompletionChunk]:
        async for chunk in stream:
            if chunk.choices:
                choice = chunk.choices[0]
                self.ended = choice.finish_reason or self.ended
                if choice.delta.refusal:
                    self.refusal += choice.delta.refusal
            self.usage = chunk.usage or self.usage
            yield chunk

    async def close(self) -> None:
        """Close the stream: a server that has not finished stops at that."""
        if self._stream is not None:
            await self._stream.close()


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
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(ask.first_text_s) as clock:
            stream = _outlines_model(ask, tap).generate_stream(turns, output_type, **ask.body)
            async with aclosing(_pieces(stream)) as told:
                async for piece in told:
                    now = loop.time()
                    clock.reschedule(now + ask.stall_s)
                    pieces.append(piece)
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
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            raise Broken(f"sent what is no reply: {error}") from error


def _reply(tap: Tap, text: str, pieces: int) -> Reply:
    if tap.refusal or tap.ended == "content_filter":
        raise ReplyError(f"The model refused to answer: {tap.refusal[:200] or 'content filter'}")
    if tap.ended is None:
        raise Broken("ended its reply in the middle")
    finish = ENDS.get(tap.ended)
    if finish is None:
        raise ReplyError(f"The reply ended for a reason of the server's own: {tap.ended[:80]!r}")
    usage = tap.usage
    prompt, tokens = (usage.prompt_tokens, usage.completion_tokens) if usage else (0, pieces)
    return Reply(text, finish, int(prompt or 0), int(tokens or pieces))


async def complete(endpoint: Endpoint, ask: Ask) -> ChatCompletion:
    """The whole answer at once, with all that the server says of it. Raises as `stream_reply`."""
    tap = Tap(endpoint.client)
    turns, output_type = _arguments(ask)
    async with asyncio.timeout(ask.first_text_s):
        await _outlines_model(ask, tap).generate(turns, output_type, **ask.body)
    if tap.completion is None or not tap.completion.choices:
        raise Broken("answered without a choice")
    return tap.completion


def logprobs_of(completion: ChatCompletion) -> Sequence[tuple[str, float]] | None:
    """(token, natural logarithm of its probability) of the first position; None without."""
    found = completion.choices[0].logprobs
    if found is None or not found.content:
        return None
    return [(top.token, top.logprob) for top in found.content[0].top_logprobs or []] or None
