"""An adapter in the place of Outlines' OpenAI client: it sends the request and reads the answers.

Outlines passes on only text. The adapter also keeps why a reply ended, how many tokens it took and
how likely they were. It reads answers as plain JSON, since building the client's objects for every
chunk takes half of a decision's processor time (tools/bench_server.py).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openai import AsyncStream

from align_tui.backbones.server.errors import Broken
from align_tui.backbones.server.message_parts import Parts, parts_of
from align_tui.backbones.server.repair import Repair, repaired
from align_tui.core.text.display import one_line
from align_tui.core.text.redaction import NOTHING, Redaction, Secret

if TYPE_CHECKING:
    from openai import AsyncOpenAI

LONGEST_REFUSAL = 20_000
LONGEST_FINGERPRINT = 200


class _Cleaned:
    """Repairs a text that comes in pieces, and removes the key from it."""

    def __init__(self, secret: Secret) -> None:
        self._repair = Repair()
        self._redaction = Redaction(secret)

    def feed(self, piece: str) -> str:
        """Add a piece; returns the new text that is certain."""
        return self._redaction.feed(self._repair.feed(piece))

    def end(self) -> str:
        """The rest of the text, after the last piece."""
        return self._redaction.feed(self._repair.end()) + self._redaction.end()


class AnswerThought(str):
    """A piece of the model's thinking, which Outlines passes on like a piece of the reply."""

    __slots__ = ()


@dataclass(slots=True)
class AnswerMessage:
    """A message or a chunk's part of one, with the fields that Outlines reads."""

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
    """One request. `ended` and `usage` are the server's last values of finish reason and usage.

    `fingerprint` is what the server calls the setup that writes (`system_fingerprint`), if it does.
    It repairs every text and removes the key from it, so that later code meets neither half a
    character nor the key.
    """

    client: AsyncOpenAI
    secret: Secret = NOTHING
    ended: str | None = None
    refusal: str = ""
    fingerprint: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)
    _stream: AsyncStream[object] | None = field(default=None, repr=False)
    _came: bool = False

    def __post_init__(self) -> None:
        self._text = _Cleaned(self.secret.for_replies())
        self._thinking = _Cleaned(self.secret.for_replies())

    @property
    def chat(self) -> ClientAdapter:
        """Outlines calls `client.chat.completions.create`."""
        return self

    @property
    def completions(self) -> ClientAdapter:
        """See `chat`."""
        return self

    async def create(
        self, *, extra_body: Mapping[str, Any] | None = None, **body: Any
    ) -> ServerAnswer | AsyncIterator[ServerAnswer]:
        """Send a request; returns the answer, or the chunks of its stream."""
        sent = {**body, **(extra_body or {})}
        path = "/chat/completions"
        if not body.get("stream"):
            answer = await self.client.post(path, cast_to=object, body=sent)
            if not isinstance(answer, Mapping):
                raise Broken("sent an answer that is not a reply")
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
                raise Broken("sent an event that is not a chunk")
            if isinstance(mark := chunk.get("system_fingerprint"), str) and mark:
                self.fingerprint = self._one_line(mark)
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
        """The texts that a chunk's choice adds; keeps the finish reason."""
        if ended := choice.get("finish_reason"):
            self.ended = self.secret.redacted(repaired(str(ended)))
        # Some servers send the whole message with its pieces or after them.
        delta = choice.get("delta") or ({} if self._came else choice.get("message"))
        added = parts_of(delta) if isinstance(delta, Mapping) else Parts()
        self.refusal = (self.refusal + added.refusal)[:LONGEST_REFUSAL]
        pieces = [AnswerThought(self._thinking.feed(added.thinking)), self._text.feed(added.text)]
        self._came = self._came or any(pieces)
        return [piece for piece in pieces if piece]

    def _one_line(self, text: str) -> str:
        """A short text of the server's, repaired and without the key."""
        text = self.secret.redacted(repaired(text[: 10 * LONGEST_FINGERPRINT]))
        return one_line(text, LONGEST_FINGERPRINT)

    async def close(self) -> None:
        """Close the stream, which stops a server that is still writing."""
        if self._stream is not None:
            await self._stream.close()


def _answer(text: str) -> AnswerChoice:
    message = AnswerMessage(text)
    return AnswerChoice(message, message)
