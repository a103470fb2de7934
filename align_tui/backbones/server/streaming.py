"""One request through an Outlines model: its text as it comes, how it ended, how likely it was."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from outlines import from_openai, from_sglang, from_vllm
from outlines.inputs import Chat
from outlines.types import JsonSchema

from align_tui.backbones.server.client_adapter import AnswerThought, ClientAdapter
from align_tui.backbones.server.errors import Broken, Slow
from align_tui.backbones.server.inline_thinking import Inline, begins_json, split_inline
from align_tui.backbones.server.logprobs import first_tokens
from align_tui.backbones.server.outcomes import ServerReply, is_cut
from align_tui.backbones.server.pool import Endpoint
from align_tui.backbones.server.repair import repaired
from align_tui.core.decisions import Message
from align_tui.core.text.display import one_line
from align_tui.core.types import JsonObject

OUTLINES = {"openai": from_openai, "vllm": from_vllm, "sglang": from_sglang}
"""How a dialect is spoken: Outlines knows where each server wants its schema."""
BAD_SHAPE = (ValueError, TypeError, AttributeError, LookupError)
"""What Outlines and we run into where JSON is not shaped as promised."""
LONGEST = 2_000_000
"""Characters after which a stream is given up: no cap of tokens that a profile takes needs more."""
OnPiece = Callable[[float, str, bool], None]
"""Takes (the loop's time, new text, is it thinking?)."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What one request asks: turns, schema (None: free text), the body's further keys.

    The stream is left after so many pieces of thinking (a piece is about a token); 0: never. Times
    in seconds: until text begins, between texts, and for all of it.
    """

    dialect: str
    model: str
    messages: tuple[Message, ...]
    schema: JsonObject | None
    body: dict[str, Any]
    first_text_s: float
    stall_s: float
    total_s: float
    thinking_pieces: int = 0


@lru_cache(maxsize=512)
def _output_type(schema: str) -> Any:
    """Outlines' schema; checking it takes a millisecond, and profiles share schemas."""
    return JsonSchema(schema)


def _outlines_model(ask: Ask, adapter: ClientAdapter) -> Any:
    model = OUTLINES[ask.dialect](adapter.client, ask.model)
    model.client = adapter
    return model


def _arguments(ask: Ask) -> tuple[Chat, Any]:
    turns = Chat([{"role": m.role, "content": repaired(m.content)} for m in ask.messages])
    if ask.schema is None:
        return turns, None
    return turns, _output_type(json.dumps(ask.schema, ensure_ascii=False))


async def stream_reply(endpoint: Endpoint, ask: Ask, on_piece: OnPiece) -> ServerReply:
    """What a server sends, told piece by piece; cancelling the task closes the stream.

    Raises TimeoutError when it does not begin or stalls, Broken when it holds what is no chunk, and
    whatever client and parser raise: all that only while there is no text. What comes behind text
    is kept as `broken`, since the text may be whole.
    """
    adapter = ClientAdapter(endpoint.client, endpoint.secret)
    come = _Come(on_piece)
    try:
        await _listen(adapter, ask, come)
    except Exception as error:
        if not come.texts:
            raise
        come.broken = error
    finally:
        await adapter.close()
    for thinking, text in come.inline.end():
        on_piece(asyncio.get_running_loop().time(), text, thinking)
    return _reply(adapter, come)


@dataclass(slots=True)
class _Come:
    """What has come of a stream."""

    on_piece: OnPiece
    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    inline: Inline = field(default_factory=Inline)
    pieces: int = 0
    thinking_pieces: int = 0
    left: bool = False
    broken: Exception | None = None

    def take(self, now: float, piece: str) -> bool:
        """One piece, told as what it seems to be; is it thinking and nothing else?"""
        self.pieces += 1
        if isinstance(piece, AnswerThought):
            self.thoughts.append(str(piece))
            told = [(True, str(piece))]
        else:
            self.texts.append(piece)
            told = self.inline.feed(piece)
        self.thinking_pieces += any(thinking for thinking, _ in told)
        for thinking, text in told:
            self.on_piece(now, text, thinking)
        return bool(told) and all(thinking for thinking, _ in told)


async def _listen(adapter: ClientAdapter, ask: Ask, come: _Come) -> None:
    turns, output_type = _arguments(ask)
    loop = asyncio.get_running_loop()
    length, last = 0, loop.time() + ask.total_s
    try:
        async with asyncio.timeout(min(ask.first_text_s, ask.total_s)) as clock:
            stream = _outlines_model(ask, adapter).generate_stream(turns, output_type, **ask.body)
            async with aclosing(_pieces(stream)) as told:
                async for piece in told:
                    now = loop.time()
                    clock.reschedule(min(now + ask.stall_s, last))
                    length += len(piece)
                    if length > LONGEST:
                        raise Broken(f"did not end its reply within {LONGEST} characters")
                    thinks = come.take(now, piece)
                    if thinks and 0 < ask.thinking_pieces < come.thinking_pieces:
                        come.left = True
                        return
    except TimeoutError as error:
        if not clock.expired():
            raise
        if loop.time() >= last:
            raise Slow(f"did not end its reply within {ask.total_s:.0f} s") from error
        what = "stalled: no more text came" if come.pieces else "sent no text"
        raise TimeoutError(what) from error


async def _pieces(stream: AsyncGenerator[object]) -> AsyncGenerator[str]:
    """The texts of a stream; raises Broken where it holds what is no chunk."""
    async with aclosing(stream):
        try:
            async for piece in stream:
                if piece and isinstance(piece, str):
                    yield piece
        except BAD_SHAPE as error:
            raise Broken(f"sent what is no reply: {error}") from error


def _reply(adapter: ClientAdapter, come: _Come) -> ServerReply:
    inline, text = split_inline("".join(come.texts))
    thoughts = [bare for each in ("".join(come.thoughts), inline) if (bare := each.strip())]
    ended = "length" if come.left else adapter.ended
    if is_cut(ended) and text and not begins_json(text):
        # Its thinking was cut inside a block that the chat template opened.
        thoughts, text = [*thoughts, text], ""
    prompt, tokens = (
        _count(adapter.usage.get(f"{kind}_tokens")) for kind in ("prompt", "completion")
    )
    details = adapter.usage.get("completion_tokens_details")
    told = _count(details.get("reasoning_tokens")) if isinstance(details, Mapping) else 0
    tokens = tokens or come.pieces
    thinking = "\n".join(thoughts)
    return ServerReply(
        text=text,
        thinking=thinking,
        ended=ended,
        broken=come.broken,
        refusal=one_line(adapter.secret.redacted(adapter.refusal), 200),
        prompt_tokens=prompt,
        tokens=tokens,
        thinking_tokens=min(tokens, told or max(1, come.thinking_pieces)) if thinking else told,
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 1 << 40 else 0


async def likeliest_tokens(endpoint: Endpoint, ask: Ask) -> Sequence[tuple[str, float]] | None:
    """(token, natural logarithm of its probability) of what may come first, or None without.

    Raises TimeoutError, Broken for what is no answer, and whatever client and parser raise.
    """
    adapter = ClientAdapter(endpoint.client, endpoint.secret)
    turns, output_type = _arguments(ask)
    async with asyncio.timeout(ask.first_text_s):
        try:
            await _outlines_model(ask, adapter).generate(turns, output_type, **ask.body)
        except BAD_SHAPE as error:
            raise Broken(f"answered what is no reply: {error}") from error
    return first_tokens(adapter.answer)
