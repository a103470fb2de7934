"""A model on servers: replies streamed, checked, and asked for again where that may help."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from align_tui.backbones.base import Ballot, ModelInfo, OnText, Request
from align_tui.backbones.server.abilities import Abilities, make_ask
from align_tui.backbones.server.asking import ask_until_answered
from align_tui.backbones.server.pool import Endpoint, Pool
from align_tui.backbones.server.replies import (
    as_sent,
    asked_again,
    check_reply,
    unwrapped,
    with_schema,
    without_lengths,
)
from align_tui.backbones.server.scoring import choice_probabilities
from align_tui.backbones.server.streaming import Reply, likeliest_tokens, stream_reply
from align_tui.backbones.server.troubles import Unfit
from align_tui.config.profile import BackboneSpec
from align_tui.core.decisions import Chances, Generation, Message
from align_tui.core.errors import ReplyError
from align_tui.core.replies import RESTART
from align_tui.core.types import JsonObject

T = TypeVar("T")


@dataclass(eq=False)
class _Written:
    """The text of a reply as it comes; begun anew with every attempt. Times are the loop's."""

    on_text: OnText
    asked: float
    first: float | None = None
    timeline: list[tuple[float, int]] = field(default_factory=list)
    _chars: int = 0
    _begun: bool = False

    def begin(self) -> None:
        """What was written before is void."""
        if self._begun:
            self.on_text(0.0, RESTART)
        self._begun, self.first, self._chars = False, None, 0
        self.timeline.clear()

    def tell(self, now: float, piece: str) -> None:
        """A piece of text that came at that time."""
        since = now - self.asked
        if self.first is None:
            self.first = since
        self._begun = True
        self._chars += len(piece)
        self.timeline.append((since, self._chars))
        self.on_text(since, piece)


@dataclass(eq=False)
class _Wanted:
    """What a reply is asked with. `held`: the server holds the model to the schema."""

    messages: tuple[Message, ...]
    schema: JsonObject
    body: dict[str, Any]
    held: bool
    turns: tuple[Message, ...] = ()

    def __post_init__(self) -> None:
        self.turns = self.messages

    def check(self, text: str) -> None:
        """Raise Unfit for a reply that does not fit; a free model is told so the next time."""
        try:
            check_reply(text, self.schema)
        except ReplyError as problem:
            if not self.held:
                self.turns = asked_again(self.messages, text, problem)
            raise Unfit(problem) from problem


class ServerBackbone:
    """One model behind one or several servers. All of it belongs to the event loop."""

    def __init__(
        self,
        spec: BackboneSpec,
        abilities: Abilities,
        endpoints: Sequence[Endpoint],
        info: ModelInfo,
    ) -> None:
        self.info = info
        self._spec = spec
        self._abilities = abilities
        self._pool = Pool(endpoints, spec.server.in_flight)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tokens = 0

    async def generate(self, request: Request, on_text: OnText) -> Generation:
        """One reply that fits its schema; cancelling the task closes its stream.

        Raises ServerError, or ReplyError when no attempt brought a reply that fits.
        """
        self._loop = loop = asyncio.get_running_loop()
        written = _Written(on_text, loop.time())
        wanted = self._wanted(request)

        async def work(endpoint: Endpoint) -> Generation:
            written.begin()
            reply = await self._streamed(endpoint, wanted, written)
            if reply.finish != "length":  # one that was cut is the decision-maker's to ask for
                wanted.check(reply.text)
            return _generation(reply, wanted.turns, written, loop.time())

        return await self._ask(work)

    def _wanted(self, request: Request) -> _Wanted:
        body = self._abilities.body(request.sampling, self._spec.server.extra)
        body["stream_options"] = {"include_usage": True}
        schema = request.schema
        if self._abilities.schema == "plain":
            schema = without_lengths(schema)
        if self._abilities.schema != "none":
            return _Wanted(request.messages, schema, body, held=True)
        return _Wanted(with_schema(request.messages, schema), schema, body, held=False)

    async def _streamed(self, endpoint: Endpoint, wanted: _Wanted, written: _Written) -> Reply:
        counted = 0

        def on_piece(now: float, piece: str) -> None:
            nonlocal counted
            counted += 1
            self._tokens += 1
            written.tell(now, piece)

        schema = wanted.schema if wanted.held else None
        ask = make_ask(self._spec, self._abilities, wanted.turns, schema, wanted.body)
        reply = await stream_reply(endpoint, ask, on_piece)
        # A piece is about a token; the server's own count is what remains.
        self._tokens += max(0, reply.tokens - counted)
        if not wanted.held and (bare := unwrapped(reply.text)) != reply.text:
            written.begin()
            written.tell(asyncio.get_running_loop().time(), bare)
            reply.text = bare
        return reply

    async def score(self, ballot: Ballot) -> Chances | None:
        """Probabilities of the choices; none is drawn, since replies come whole.

        None where the server tells no token probabilities, or does not go on with a begun reply.
        """
        self._loop = asyncio.get_running_loop()
        if not self._abilities.logprobs:
            return None
        body = self._abilities.scoring_body(self._spec.server.extra)

        async def likeliest(begun: str) -> Sequence[tuple[str, float]] | None:
            turns = (*ballot.messages, Message("assistant", begun))
            ask = make_ask(self._spec, self._abilities, turns, None, body)
            return await self._ask(lambda endpoint: likeliest_tokens(endpoint, ask))

        found = await choice_probabilities(ballot.replies, likeliest)
        return Chances(found) if found is not None else None

    async def _ask(self, work: Callable[[Endpoint], Awaitable[T]]) -> T:
        return await ask_until_answered(
            self._pool, self._abilities.model, self._spec.server.retries, work
        )

    def tokens_generated(self) -> int:
        """Tokens written since the servers were reached."""
        return self._tokens

    def close(self) -> None:
        """Close the connections, in the loop that they belong to; called from another thread."""
        if self._loop is None or not self._loop.is_running():
            return
        closing = asyncio.run_coroutine_threadsafe(self._close(), self._loop)
        closing.result(timeout=10)

    async def _close(self) -> None:
        for endpoint in self._pool.endpoints:
            await endpoint.client.close()


def _generation(
    reply: Reply, turns: tuple[Message, ...], written: _Written, now: float
) -> Generation:
    total = now - written.asked
    return Generation(
        text=reply.text,
        prompt=as_sent(turns),
        prompt_tokens=reply.prompt_tokens,
        tokens=reply.tokens,
        finish=reply.finish,
        first_token_s=written.first if written.first is not None else total,
        total_s=total,
        timeline=tuple(written.timeline),
    )
