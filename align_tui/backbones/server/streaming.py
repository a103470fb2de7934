"""Send one request through an Outlines model, and read its stream or its probabilities."""

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
from align_tui.backbones.server.inline_thinking import InlineSplitter, begins_json, split_inline
from align_tui.backbones.server.logprobs import first_tokens
from align_tui.backbones.server.outcomes import ServerReply, is_cut
from align_tui.backbones.server.pool import Endpoint
from align_tui.backbones.server.repair import repaired
from align_tui.core.decisions import Message
from align_tui.core.text.display import one_line
from align_tui.core.types import JsonObject

OUTLINES = {"openai": from_openai, "vllm": from_vllm, "sglang": from_sglang}
"""The Outlines model of each dialect, which knows where a server expects the schema."""
BAD_SHAPE = (ValueError, TypeError, AttributeError, LookupError)
"""The exceptions of Outlines and this package for JSON of an unexpected shape."""
LONGEST = 2_000_000
"""The most characters of a stream; the largest cap of tokens in a profile needs fewer."""
OnPiece = Callable[[float, str, bool], None]
"""Takes (the loop's time, new text, is it thinking?)."""


@dataclass(frozen=True, slots=True)
class ServerRequest:
    """One request: turns, schema (None: free text) and further keys of the body.

    The program leaves the stream after `thinking_pieces` pieces of thinking (0: never; a piece is
    about a token). Limits in seconds: `first_text_s` until the first text, `stall_s` between texts,
    `total_s` for the whole reply.
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
    """Outlines' schema, cached: checking it takes a millisecond, and profiles share schemas."""
    return JsonSchema(schema)


def _outlines_model(request: ServerRequest, adapter: ClientAdapter) -> Any:
    model = OUTLINES[request.dialect](adapter.client, request.model)
    model.client = adapter
    return model


def _arguments(request: ServerRequest) -> tuple[Chat, Any]:
    turns = Chat([{"role": m.role, "content": repaired(m.content)} for m in request.messages])
    if request.schema is None:
        return turns, None
    return turns, _output_type(json.dumps(request.schema, ensure_ascii=False))


async def stream_reply(
    endpoint: Endpoint, request: ServerRequest, on_piece: OnPiece
) -> ServerReply:
    """Read a server's stream, and call `on_piece` for each piece; cancelling closes the stream.

    Raises TimeoutError when it does not begin or stalls, Broken for a malformed chunk, and errors
    of client and parser, but only before the first text. A later error is kept as `broken`, since
    the text may be whole.
    """
    adapter = ClientAdapter(endpoint.client, endpoint.secret)
    received = _Received(on_piece)
    try:
        await _listen(adapter, request, received)
    except Exception as error:
        if not received.texts:
            raise
        received.broken = error
    finally:
        await adapter.close()
    for thinking, text in received.inline.end():
        on_piece(asyncio.get_running_loop().time(), text, thinking)
    return _reply(adapter, received)


@dataclass(slots=True)
class _Received:
    """The pieces of a stream so far."""

    on_piece: OnPiece
    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    inline: InlineSplitter = field(default_factory=InlineSplitter)
    pieces: int = 0
    thinking_pieces: int = 0
    left: bool = False
    broken: Exception | None = None

    def take(self, now: float, piece: str) -> bool:
        """Add a piece, and pass it on as thinking or reply; is it only thinking?"""
        self.pieces += 1
        if isinstance(piece, AnswerThought):
            self.thoughts.append(str(piece))
            parts = [(True, str(piece))]
        else:
            self.texts.append(piece)
            parts = self.inline.feed(piece)
        self.thinking_pieces += any(thinking for thinking, _ in parts)
        for thinking, text in parts:
            self.on_piece(now, text, thinking)
        return bool(parts) and all(thinking for thinking, _ in parts)


async def _listen(adapter: ClientAdapter, request: ServerRequest, received: _Received) -> None:
    turns, output_type = _arguments(request)
    loop = asyncio.get_running_loop()
    length, last = 0, loop.time() + request.total_s
    try:
        async with asyncio.timeout(min(request.first_text_s, request.total_s)) as clock:
            stream = _outlines_model(request, adapter).generate_stream(
                turns, output_type, **request.body
            )
            async with aclosing(_pieces(stream)) as pieces:
                async for piece in pieces:
                    now = loop.time()
                    clock.reschedule(min(now + request.stall_s, last))
                    length += len(piece)
                    if length > LONGEST:
                        raise Broken(f"did not end its reply within {LONGEST} characters")
                    thinks = received.take(now, piece)
                    if thinks and 0 < request.thinking_pieces < received.thinking_pieces:
                        received.left = True
                        return
    except TimeoutError as error:
        if not clock.expired():
            raise
        if loop.time() >= last:
            raise Slow(f"did not end its reply within {request.total_s:.0f} s") from error
        what = "stalled: no more text came" if received.pieces else "sent no text"
        raise TimeoutError(what) from error


async def _pieces(stream: AsyncGenerator[object]) -> AsyncGenerator[str]:
    """The texts of a stream; raises Broken for a malformed chunk."""
    async with aclosing(stream):
        try:
            async for piece in stream:
                if piece and isinstance(piece, str):
                    yield piece
        except BAD_SHAPE as error:
            raise Broken(f"sent a malformed reply: {error}") from error


def _reply(adapter: ClientAdapter, received: _Received) -> ServerReply:
    inline, text = split_inline("".join(received.texts))
    thoughts = [bare for each in ("".join(received.thoughts), inline) if (bare := each.strip())]
    ended = "length" if received.left else adapter.ended
    if is_cut(ended) and text and not begins_json(text):
        # The cap cut its thinking, in a block that the chat template opened.
        thoughts, text = [*thoughts, text], ""
    prompt, tokens = (
        _count(adapter.usage.get(f"{kind}_tokens")) for kind in ("prompt", "completion")
    )
    details = adapter.usage.get("completion_tokens_details")
    counted = _count(details.get("reasoning_tokens")) if isinstance(details, Mapping) else 0
    tokens = tokens or received.pieces
    thinking = "\n".join(thoughts)
    return ServerReply(
        text=text,
        thinking=thinking,
        ended=ended,
        broken=received.broken,
        refusal=one_line(adapter.secret.redacted(adapter.refusal), 200),
        prompt_tokens=prompt,
        tokens=tokens,
        thinking_tokens=min(tokens, counted or max(1, received.thinking_pieces))
        if thinking
        else counted,
        fingerprint=adapter.fingerprint,
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 1 << 40 else 0


async def likeliest_tokens(
    endpoint: Endpoint, request: ServerRequest
) -> Sequence[tuple[str, float]] | None:
    """(token, natural logarithm of its probability) for the next token; None without any.

    Raises TimeoutError, Broken for a malformed answer, and errors of client and parser.
    """
    adapter = ClientAdapter(endpoint.client, endpoint.secret)
    turns, output_type = _arguments(request)
    async with asyncio.timeout(request.first_text_s):
        try:
            await _outlines_model(request, adapter).generate(turns, output_type, **request.body)
        except BAD_SHAPE as error:
            raise Broken(f"sent a malformed answer: {error}") from error
    return first_tokens(adapter.answer)
