"""What stands where Outlines expects the OpenAI client: it sends the request, and looks at answers.

Outlines hands on text alone. Why a reply ended, how many tokens it took and how likely they were
is read here as it passes. Answers are taken as plain JSON: building the client's own objects of
every chunk takes half of a decision's processor time (tools/bench_server.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openai import AsyncStream

from align_tui.backbones.server.troubles import Broken

if TYPE_CHECKING:
    from openai import AsyncOpenAI


@dataclass(slots=True)
class Message:
    """A whole message, or what a chunk adds to it: what Outlines reads of either."""

    content: str | None
    refusal: str | None = None


@dataclass(slots=True)
class Choice:
    """The only choice of a chunk (`delta`) or of an answer (`message`)."""

    delta: Message
    message: Message


@dataclass(slots=True)
class Answer:
    """A chunk, or a whole answer."""

    choices: list[Choice]


@dataclass(eq=False)
class Tap:
    """One request. `ended` and `usage` are what the server said last of them."""

    client: AsyncOpenAI
    ended: str | None = None
    refusal: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)
    _stream: AsyncStream[object] | None = field(default=None, repr=False)

    @property
    def chat(self) -> Tap:
        """The way to `create` as Outlines walks it: `client.chat.completions.create`."""
        return self

    @property
    def completions(self) -> Tap:
        """See `chat`."""
        return self

    async def create(
        self, *, extra_body: Mapping[str, Any] | None = None, **body: Any
    ) -> Answer | AsyncIterator[Answer]:
        """Send a request; the answer, or the chunks of its stream."""
        sent = {**body, **(extra_body or {})}
        path = "/chat/completions"
        if not body.get("stream"):
            answer = await self.client.post(path, cast_to=object, body=sent)
            if not isinstance(answer, Mapping):
                raise Broken("answered what is no reply")
            self.answer = answer
            return Answer([_choice(each["message"]) for each in answer.get("choices") or []])
        stream = await self.client.post(
            path, cast_to=object, body=sent, stream=True, stream_cls=AsyncStream[object]
        )
        self._stream = stream
        return self._watch(stream)

    async def _watch(self, stream: AsyncStream[object]) -> AsyncIterator[Answer]:
        async for chunk in stream:
            if not isinstance(chunk, Mapping):
                raise Broken("sent what is no chunk")
            for choice in chunk.get("choices") or ():
                self.ended = choice.get("finish_reason") or self.ended
                delta = choice.get("delta") or {}
                self.refusal += delta.get("refusal") or ""
                if delta.get("content"):
                    yield Answer([_choice(delta)])
                break
            self.usage = chunk.get("usage") or self.usage

    async def close(self) -> None:
        """Close the stream: a server that has not finished stops at that."""
        if self._stream is not None:
            await self._stream.close()


def _choice(said: Mapping[str, Any]) -> Choice:
    message = Message(said.get("content"), said.get("refusal"))
    return Choice(message, message)
