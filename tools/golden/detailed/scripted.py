"""A scripted model for checks that run a decision-maker or a relevance predictor."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from align_tui.core.alignment.ranking import History
from align_tui.core.decisions import ChoiceProbabilities, Generation, Message, Sampling
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.types import JsonObject

Rate = Callable[[str, Statement], tuple[StatementRating, str]]
"""From action and statement to the rating and its reason."""


class ScriptedModel:
    """Gives replies in order, and ratings and vectors by functions; keeps what it was asked."""

    def __init__(
        self,
        replies: Sequence[JsonObject] = (),
        rate: Rate | None = None,
        vector: Callable[[str], tuple[float, ...]] | None = None,
    ) -> None:
        self._replies = list(replies)
        self._rate = rate
        self._vector = vector
        self.schemas: list[JsonObject] = []
        self.rated: list[Statement] = []
        self.embedded: list[str] = []
        self.seed = 0
        self.history: History = {}

    def role(self, name: str) -> ScriptedModel:
        """The same model in every role."""
        return self

    def sampling(self, stream: int = 0) -> Sampling:
        """Greedy."""
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
        """The next reply as JSON."""
        self.schemas.append(schema)
        return Generation(json.dumps(self._replies.pop(0)), "", 0, 1, "stop", 0.0, 0.0)

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities | None:
        """It knows no probabilities."""
        return None

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        """The scripted ratings."""
        assert self._rate is not None, "the script has no ratings"
        self.rated += statements
        return tuple(self._rate(action, each)[0] for each in statements)

    async def explain(self, action: str, statements: Sequence[Statement]) -> tuple[str, ...]:
        """The scripted reasons."""
        assert self._rate is not None, "the script has no ratings"
        return tuple(self._rate(action, each)[1] for each in statements)

    async def suggest(
        self, action: str, most: int, seed: int | None = None
    ) -> tuple[Statement, ...]:
        """It has no statements of its own."""
        return ()

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """The scripted vectors."""
        assert self._vector is not None, "the script has no vectors"
        self.embedded += texts
        return tuple(map(self._vector, texts))
