"""A scripted model, for checks that run a whole decision-maker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from align_tui.core.decisions import ChoiceProbabilities, Generation, Message, Sampling
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.types import JsonObject


class Scripted:
    """Replies with the given texts in the order of the requests, which `asked` keeps."""

    def __init__(self, replies: Sequence[str], seed: int = 0) -> None:
        self._replies = list(replies)
        self.seed = seed
        self.history: Mapping[str, Sequence[float]] = {}
        self.asked: list[tuple[Message, ...]] = []

    def role(self, name: str) -> Scripted:
        """Every role is the same script."""
        return self

    def sampling(self, stream: int = 0) -> Sampling:
        """Greedy."""
        return Sampling()

    async def generate(
        self,
        messages: Sequence[Message],
        schema: JsonObject,
        sampling: Sampling,
        *,
        stream: int = 0,
        to_choice: bool = False,
    ) -> Generation:
        """The next reply."""
        self.asked.append(tuple(messages))
        return Generation(self._replies[len(self.asked) - 1], "", 1, 1, "stop", 0.0, 0.0)

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities | None:
        """It knows no probabilities."""
        return None

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        """It rates nothing."""
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
        """It embeds nothing."""
        raise NotImplementedError
