"""A model that can do nothing: a base for stand-ins that answer some of the requests."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Self

from align_tui.core.alignment.ranking import History
from align_tui.core.decisions import ChoiceProbabilities, Generation, Message, Sampling
from align_tui.core.errors import AdmError
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.types import JsonObject


class NoModel:
    """An `Llm` whose every request raises AdmError; all roles are the same stand-in."""

    seed: int = 0
    history: History = MappingProxyType({})

    def role(self, name: str) -> Self:
        """The stand-in itself."""
        return self

    def sampling(self, stream: int = 0) -> Sampling:
        """Greedy, with the stream as the seed."""
        return Sampling(seed=stream)

    async def generate(
        self,
        messages: Sequence[Message],
        schema: JsonObject,
        sampling: Sampling,
        *,
        stream: int = 0,
        to_choice: bool = False,
    ) -> Generation:
        """Raise AdmError."""
        raise _unable("write a reply")

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities | None:
        """No probabilities."""
        return None

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        """Raise AdmError."""
        raise _unable("rate statements")

    async def explain(self, action: str, statements: Sequence[Statement]) -> tuple[str, ...]:
        """Raise AdmError."""
        raise _unable("explain its ratings")

    async def suggest(
        self, action: str, most: int, seed: int | None = None
    ) -> tuple[Statement, ...]:
        """Raise AdmError."""
        raise _unable("suggest statements")

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """Raise AdmError."""
        raise _unable("turn texts into vectors")


def _unable(to: str) -> AdmError:
    return AdmError(f"There is no model here that could {to}")
