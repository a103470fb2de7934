"""A model that gives scripted answers, for cases whose input has a model's answers in order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from align_tui.core.alignment.ranking import History
from align_tui.core.decisions import ChoiceProbabilities, Generation, Message, Sampling
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.types import JsonObject


class ScriptedLlm:
    """Gives `answers` (JSON objects, or texts) by stream: the text of stream k is answer k."""

    def __init__(
        self, answers: Sequence[Any] = (), history: Mapping[str, Sequence[float]] | None = None
    ) -> None:
        self.seed = 0
        self.history: History = history or {}
        self.answers = list(answers)
        self.asked: list[JsonObject] = []

    def role(self, name: str) -> ScriptedLlm:
        """The same model in every role."""
        return self

    def sampling(self, stream: int = 0) -> Sampling:
        """Greedy decoding."""
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
        """The answer of that stream; raises IndexError if there is none."""
        self.asked.append(schema)
        answer = self.answers[stream]
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return Generation(text, "", 0, 0, "stop", 0.0, 0.0)

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities | None:
        """No probabilities."""
        return None

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        """It rates nothing."""
        raise NotImplementedError

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """It embeds nothing."""
        raise NotImplementedError
