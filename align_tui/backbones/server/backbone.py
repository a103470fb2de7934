"""A model on servers as a backbone: it streams replies, checks them, and retries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from outlines.exceptions import BadRequestError

from align_tui.backbones.base import ChoiceScoringRequest, ModelInfo, OnText, Request
from align_tui.backbones.server.capabilities import Capabilities, make_request
from align_tui.backbones.server.errors import Unfit
from align_tui.backbones.server.markup import control_note
from align_tui.backbones.server.outcomes import ServerReply, Settled, only_thought, settle
from align_tui.backbones.server.pool import Endpoint, Pool
from align_tui.backbones.server.replies import as_sent, asked_again, with_schema, without_lengths
from align_tui.backbones.server.reply_stream import ReplyStream
from align_tui.backbones.server.retries import ask_until_answered
from align_tui.backbones.server.scoring import choice_probabilities
from align_tui.backbones.server.streaming import likeliest_tokens, stream_reply
from align_tui.backbones.server.thinking import conclusions, joined, thinking_notes
from align_tui.config.backbone_spec import BackboneSpec
from align_tui.core.decisions import ChoiceProbabilities, Finish, Generation, Message
from align_tui.core.errors import KeyRefused, ServerBusy, ServerError, ServerUnreachable
from align_tui.core.replies import FREE_TEXT, split_thinking, with_thinking
from align_tui.core.types import JsonObject

T = TypeVar("T")


@dataclass(eq=False)
class _ReplyOrder:
    """The turns and schema to send. `states`: the prompt states the schema and earlier faults."""

    messages: tuple[Message, ...]
    schema: JsonObject
    states: bool
    turns: tuple[Message, ...] = ()

    def __post_init__(self) -> None:
        self.turns = self.messages

    def settle(self, reply: ServerReply) -> Settled:
        """Settle a reply; raises Unfit, and with `states` the next turns say what was wrong."""
        try:
            return settle(reply, self.schema)
        except Unfit as unfit:
            if self.states and reply.text:
                self.turns = asked_again(self.messages, reply.text, unfit.problem)
            raise


class ServerBackbone:
    """One model on one or several servers. For the event loop only, unless a method says else."""

    def __init__(
        self,
        spec: BackboneSpec,
        capabilities: Capabilities,
        endpoints: Sequence[Endpoint],
        info: ModelInfo,
    ) -> None:
        self.info = info
        self._spec = spec
        self._capabilities = capabilities
        self._pool = Pool(endpoints, spec.server.in_flight)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tokens = 0

    async def generate(self, request: Request, on_text: OnText) -> Generation:
        """Write one reply that fits its schema; cancelling the task closes its stream.

        Raises ServerError, or ReplyError when no attempt gave a reply that fits.
        """
        self._loop = loop = asyncio.get_running_loop()
        stream = ReplyStream(on_text, loop.time())
        order = self._order(request)

        async def work(endpoint: Endpoint) -> Generation:
            stream.ask(loop.time())
            turns = order.turns
            reply = await self._first_reply(endpoint, request, order, stream)
            asked_twice = only_thought(reply)
            if asked_twice:
                reply = await self._reply_after_thinking(endpoint, request, order, reply, stream)
            settled = order.settle(reply)
            text = with_thinking(reply.thinking, settled.text)
            stream.settle(loop.time(), text)
            notes = (*self._notes(request, reply, asked_twice=asked_twice), *settled.notes)
            return _generation(reply, text, settled.finish, notes, turns, stream, loop.time())

        return await self._with_retries(work)

    def _order(self, request: Request) -> _ReplyOrder:
        schema = request.schema
        if schema == FREE_TEXT:
            return _ReplyOrder(request.messages, schema, states=False)
        if self._capabilities.schema == "plain":
            schema = without_lengths(schema)
        if not self._capabilities.states_schema:
            return _ReplyOrder(request.messages, schema, states=False)
        return _ReplyOrder(with_schema(request.messages, schema), schema, states=True)

    async def _first_reply(
        self, endpoint: Endpoint, request: Request, order: _ReplyOrder, stream: ReplyStream
    ) -> ServerReply:
        """The reply to the request as it is."""
        sampling = request.sampling
        body = self._capabilities.body(sampling, self._spec.server.extra, request.rendering)
        most = 0 if sampling.thinking == "off" else sampling.max_thinking_tokens
        return await self._stream(endpoint, order, order.turns, body, stream, most)

    async def _reply_after_thinking(
        self,
        endpoint: Endpoint,
        request: Request,
        order: _ReplyOrder,
        first: ServerReply,
        stream: ReplyStream,
    ) -> ServerReply:
        """Ask again, with the thinking, a model that has only thought."""
        found, extra = self._capabilities, self._spec.server.extra
        reply = first
        for turns, going_on in conclusions(found.template, order.turns, first.thinking):
            body = found.concluding_body(
                request.sampling, extra, request.rendering, going_on=going_on
            )
            try:
                second = await self._stream(endpoint, order, turns, body, stream)
            except BadRequestError:
                if not going_on:
                    raise
                continue  # its template does not accept such a turn
            reply = joined(first, second)
            if not only_thought(reply):
                break
        return reply

    async def _stream(
        self,
        endpoint: Endpoint,
        order: _ReplyOrder,
        turns: tuple[Message, ...],
        body: dict[str, Any],
        stream: ReplyStream,
        thinking_pieces: int = 0,
    ) -> ServerReply:
        counted = 0

        def on_piece(now: float, piece: str, thinking: bool) -> None:
            nonlocal counted
            counted += 1
            self._tokens += 1
            stream.add(now, piece, thinking=thinking)

        is_held = self._capabilities.sends_schema and order.schema != FREE_TEXT
        schema = order.schema if is_held else None
        body = {**body, "stream_options": {"include_usage": True}}
        server_request = make_request(
            self._spec, self._capabilities, turns, schema, body, thinking_pieces
        )
        reply = await stream_reply(endpoint, server_request, on_piece)
        # A piece is about a token: add what the server counts beyond that.
        self._tokens += max(0, reply.tokens - counted)
        return reply

    def _notes(self, request: Request, reply: ServerReply, *, asked_twice: bool) -> list[str]:
        about = [
            control_note(request.messages),
            self._capabilities.template.not_sent(request.rendering),
        ]
        thought = thinking_notes(request.sampling.thinking, reply, asked_twice=asked_twice)
        return [note for note in about if note is not None] + thought

    async def score(self, request: ChoiceScoringRequest) -> ChoiceProbabilities | None:
        """Probabilities of the choices (they sum to 1); draws none, since replies are whole.

        None when the server gives no token probabilities, cannot continue an unfinished reply (or
        one with thinking), or fails at scoring alone: a decision does not need probabilities.
        """
        self._loop = asyncio.get_running_loop()
        thinking = split_thinking(request.replies[0])[0] if request.replies else ""
        template = self._capabilities.template
        if not self._capabilities.logprobs or template.begun(thinking) is None:
            return None
        body = self._capabilities.scoring_body(self._spec.server.extra, request.rendering)

        async def likeliest(begun: str) -> Sequence[tuple[str, float]] | None:
            turn = template.begun(thinking, begun)
            turns = (*request.messages, Message("assistant", turn or begun))
            server_request = make_request(self._spec, self._capabilities, turns, None, body)
            return await self._with_retries(
                lambda endpoint: likeliest_tokens(endpoint, server_request)
            )

        replies = [split_thinking(reply)[1] for reply in request.replies]
        try:
            found = await choice_probabilities(replies, likeliest)
        except (ServerUnreachable, ServerBusy, KeyRefused):
            raise  # the server itself fails; a resumed run gets the probabilities
        except ServerError:
            return None
        return ChoiceProbabilities(found) if found is not None else None

    async def _with_retries(self, work: Callable[[Endpoint], Awaitable[T]]) -> T:
        return await ask_until_answered(
            self._pool, self._capabilities.model, self._spec.server.retries, work
        )

    def tokens_generated(self) -> int:
        """Tokens written since the backbone was opened."""
        return self._tokens

    def waits_for(self) -> str:
        """Why all requests wait, or ''; may be called from any thread."""
        return self._pool.waits_for()

    def close(self) -> None:
        """Close the connections in their event loop; must be called from another thread."""
        if self._loop is None or not self._loop.is_running():
            return
        closing = asyncio.run_coroutine_threadsafe(self._close(), self._loop)
        closing.result(timeout=10)

    async def _close(self) -> None:
        for endpoint in self._pool.endpoints:
            await endpoint.client.close()


def _generation(
    reply: ServerReply,
    text: str,
    finish: Finish,
    notes: tuple[str, ...],
    turns: tuple[Message, ...],
    stream: ReplyStream,
    now: float,
) -> Generation:
    total = now - stream.asked
    return Generation(
        text=text,
        prompt=as_sent(turns),
        prompt_tokens=reply.prompt_tokens,
        tokens=reply.tokens,
        finish=finish,
        first_token_s=stream.first if stream.first is not None else total,
        total_s=total,
        timeline=((stream.began_s or 0.0, 0), *stream.timeline),
        thinking_tokens=reply.thinking_tokens,
        notes=notes,
        fingerprint=reply.fingerprint,
    )
