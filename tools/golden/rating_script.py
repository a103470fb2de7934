"""A scripted model for decision-makers that rate: it answers each request and records it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from align_tui.core.decisions import ChoiceProbabilities, Generation, Message, Sampling
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.types import JsonObject

Vectors = Callable[[Sequence[str]], tuple[tuple[float, ...], ...]]


@dataclass
class Request:
    """One recorded request: its turns, its schema, and the stream of its reply."""

    messages: Sequence[Message]
    schema: Any
    sampling: Sampling
    stream: int

    @property
    def system(self) -> str:
        """The text of the first turn."""
        return self.messages[0].content

    @property
    def user(self) -> str:
        """The text of the last turn."""
        return self.messages[-1].content


@dataclass
class ScriptedLlm:
    """Answers requests with `reply`, which gets each request, and records them."""

    reply: Callable[[Request], object]
    seed: int = 1
    history: dict[str, tuple[float, ...]] = field(default_factory=dict)
    vectors: Vectors | None = None
    asked: list[Request] = field(default_factory=list)
    embedded: list[str] = field(default_factory=list)

    def sampling(self, stream: int = 0) -> Sampling:
        """A sampling whose seed is the stream."""
        return Sampling(max_tokens=100, seed=stream)

    async def generate(
        self,
        messages: Sequence[Message],
        schema: JsonObject,
        sampling: Sampling,
        *,
        stream: int = 0,
        to_choice: bool = False,
    ) -> Generation:
        """The scripted reply, as JSON unless it is a text."""
        request = Request(messages, schema, sampling, stream)
        self.asked.append(request)
        reply = self.reply(request)
        text = reply if isinstance(reply, str) else json.dumps(reply)
        await asyncio.sleep(0)
        return Generation(text, "p", 1, 5, "stop", 0.1, 0.2)

    def role(self, name: str) -> ScriptedLlm:
        """The same model in every role."""
        return self

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        """Not scripted."""
        raise NotImplementedError

    async def explain(self, action: str, statements: Sequence[Statement]) -> tuple[str, ...]:
        """It explains nothing."""
        raise NotImplementedError

    async def suggest(
        self, action: str, most: int, seed: int | None = None
    ) -> tuple[Statement, ...]:
        """It suggests nothing."""
        raise NotImplementedError

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """The scripted vectors."""
        assert self.vectors is not None
        self.embedded += texts
        return self.vectors(texts)

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities | None:
        """Not scripted."""
        raise NotImplementedError
