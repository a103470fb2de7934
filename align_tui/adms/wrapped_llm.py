"""A sample's model with one part changed; it passes on everything else."""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.adms.base import Llm
from align_tui.core.alignment.ranking import History
from align_tui.core.decisions import ChoiceProbabilities, Message, Sampling
from align_tui.core.statements import Statement, StatementRating


class WrappedLlm:
    """Passes on what it does not change itself; a subclass adds role, sampling and generate."""

    def __init__(self, llm: Llm) -> None:
        self._llm = llm

    @property
    def seed(self) -> int:
        """The sample's seed."""
        return self._llm.seed

    @property
    def history(self) -> History:
        """The mean predictions of the choices that were taken earlier."""
        return self._llm.history

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities | None:
        """The probabilities of begun replies."""
        return await self._llm.score(messages, replies, sampling)

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        """The rating of each statement for the action."""
        return await self._llm.rate(action, statements)

    async def explain(self, action: str, statements: Sequence[Statement]) -> tuple[str, ...]:
        """The reason for the valence of each statement."""
        return await self._llm.explain(action, statements)

    async def suggest(
        self, action: str, most: int, seed: int | None = None
    ) -> tuple[Statement, ...]:
        """Statements that the model itself finds for the action."""
        return await self._llm.suggest(action, most, seed)

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """A vector for each text."""
        return await self._llm.embed(texts)
