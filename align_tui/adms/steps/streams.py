"""Give the texts of a pipeline's steps numbers of their own, so that no two share a stream."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

from align_tui.adms.base import Llm
from align_tui.core.alignment.ranking import History
from align_tui.core.decisions import ChoiceProbabilities, Generation, Message, Sampling
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.types import JsonObject


@dataclass(slots=True)
class _Used:
    most: int = -1


class NumberedLlm:
    """A sample's model for one step: the step's stream 0 comes after all streams before it.

    A step counts its streams from 0, as a decision-maker does. So the first step of a pipeline
    gets the texts that the same decision-maker alone gets.
    """

    def __init__(self, llm: Llm) -> None:
        self._llm = llm
        self._first = 0
        self._used = _Used()

    def next_step(self) -> NumberedLlm:
        """The model for the step that begins now."""
        made = copy(self)
        made._first = self._used.most + 1
        return made

    @property
    def seed(self) -> int:
        """The sample's seed."""
        return self._llm.seed

    @property
    def history(self) -> History:
        """The mean predictions of the choices that were taken earlier."""
        return self._llm.history

    def role(self, name: str) -> NumberedLlm:
        """The sample's model of a role, with the step's numbers."""
        made = copy(self)
        made._llm = self._llm.role(name)
        return made

    def sampling(self, stream: int = 0) -> Sampling:
        """The decoding with the seed of that stream of the step."""
        return self._llm.sampling(self._first + stream)

    async def generate(
        self,
        messages: Sequence[Message],
        schema: JsonObject,
        sampling: Sampling,
        *,
        stream: int = 0,
        to_choice: bool = False,
    ) -> Generation:
        """One reply on that stream of the step."""
        number = self._first + stream
        self._used.most = max(self._used.most, number)
        return await self._llm.generate(
            messages, schema, sampling, stream=number, to_choice=to_choice
        )

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
