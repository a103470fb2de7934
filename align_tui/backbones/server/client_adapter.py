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

from align_tui.backbones.server.errors import Broken
from align_tui.backbones.server.message_parts import Said, said
from align_tui.backbones.server.repair import Repair, repaired
from align_tui.core.text.redaction import NOTHING, Redaction, Secret

if TYPE_CHECKING:
    from openai import AsyncOpenAI

LONGEST_REFUSAL = 20_000


class _Cleaned:
    """A text that comes in pieces, repaired and without the key."""

    def __init__(self, secret: Secret) -> None:
        self._repair = Repair()
        self._redaction = Redaction(secret)

    def feed(self, piece: str) -> str:
        """What is certain of the text so far."""
        return self._redaction.feed(self._repair.feed(piece))

    def end(self) -> str:
        """What still waited: nothing more comes."""
        return self._redaction.feed(self._repair.end()) + self._redaction.end()


class AnswerThought(str):
    """A piece of what the model thinks. Outlines hands it on like a piece of the reply."""

    __slots__ = ()


@dataclass(slots=True)
class AnswerMessage:
    """A whole message, or what a chunk adds to it: what Outlines reads of either."""

    content: str | None
    refusal: str | None = None


@dataclass(slots=True)
class AnswerChoice:
    """The only choice of a chunk (`delta`) or of an answer (`message`)."""

    delta: AnswerMessage
    message: AnswerMessage


@dataclass(slots=True)
class ServerAnswer:
    """A chunk, or a whole answer."""

    choices: list[AnswerChoice]


@dataclass(eq=False)
class ClientAdapter:
    """One request. `ended` and `usage` are what the server said last of them.

    Every text is repaired here, and the key that was sent is blotted out of it, so that nothing
    behind it meets half a character or the key.
    """

    client: AsyncOpenAI
    secret: Secret = NOTHING
    ended: str | None = None
    refusal: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)
    _stream: AsyncStream[object] | None = field(default=None, repr=False)
    _came: bool = False

    def __post_init__(self) -> None:
        self._text = _Cleaned(self.secret.for_replies())
        self._thinking = _Cleaned(self.secret.for_replies())

    @property
    def chat(self) -> ClientAdapter:
        """The way to `create` as Outlines walks it: `client.chat.completions.create`."""
        return self

    @property
    def completions(self) -> ClientAdapter:
        """See `chat`."""
        return self

    async def create(
        self, *, extra_body: Mapping[str, Any] | None = None, **body: Any
    ) -> ServerAnswer | AsyncIterator[ServerAnswer]:
        """Send a request; the answer, or the chunks of its stream."""
        sent = {**body, **(extra_body or {})}
        path = "/chat/completions"
        if not body.get("stream"):
            answer = await self.client.post(path, cast_to=object, body=sent)
            if not isinstance(answer, Mapping):
                raise Broken("answered what is no reply")
            self.answer = answer
            return ServerAnswer([_answer("")])
        stream = await self.client.post(
            path, cast_to=object, body=sent, stream=True, stream_cls=AsyncStream[object]
        )
        self._stream = stream
        return self._watch(stream)

    async def _watch(self, stream: AsyncStream[object]) -> AsyncIterator[ServerAnswer]:
        async for chunk in stream:
            if not isinstance(chunk, Mapping):
                raise Broken("sent what is no chunk")
            for choice in chunk.get("choices") or ():
                for piece in self._pieces(choice):
                    yield ServerAnswer([_answer(piece)])
                break
            if isinstance(usage := chunk.get("usage"), Mapping):
                self.usage = usage
        for piece in (AnswerThought(self._thinking.end()), self._text.end()):
            if piece:
                yield ServerAnswer([_answer(piece)])

    def _pieces(self, choice: Mapping[str, Any]) -> list[str]:
        """The texts that a chunk's choice adds; why the reply ends is kept."""
        if ended := choice.get("finish_reason"):
            self.ended = self.secret.redacted(repaired(str(ended)))
        # Some servers send a whole message, with or behind the pieces of it.
        delta = choice.get("delta") or ({} if self._came else choice.get("message"))
        added = said(delta) if isinstance(delta, Mapping) else Said()
        self.refusal = (self.refusal + added.refusal)[:LONGEST_REFUSAL]
        pieces = [AnswerThought(self._thinking.feed(added.thinking)), self._text.feed(added.text)]
        self._came = self._came or any(pieces)
        return [piece for piece in pieces if piece]

    async def close(self) -> None:
        """Close the stream: a server that has not finished stops at that."""
        if self._stream is not None:
            await self._stream.close()


def _answer(text: str) -> AnswerChoice:
    message = AnswerMessage(text)
    return AnswerChoice(message, message)
