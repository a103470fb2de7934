"""A model that gives scripted answers, so that cases run through real decision-makers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from align_tui.adms.registry import make_adm
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.core.decisions import ChoiceProbabilities, Decision, Generation, Message, Sampling
from align_tui.core.scenarios import Scenario
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.types import JsonObject

TARGET = {"attribute": "moral_desert", "value": 1.0}


class ScriptedModel:
    """Answers the k-th request with the k-th choice, for the reason `reason k` (from 0)."""

    seed = 0
    history: Mapping[str, Sequence[float]] = MappingProxyType({})

    def __init__(self, answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def role(self, name: str) -> ScriptedModel:
        """The same model in every role."""
        return self

    def sampling(self, stream: int = 0) -> Sampling:
        """Any decoding: nothing is drawn."""
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
        """The next answer of the script."""
        number, self.asked = self.asked, self.asked + 1
        text = json.dumps({"reasoning": f"reason {number}", "choice": self.answers[number]})
        return Generation(text, "p", 1, 1, "stop", 0.0, 0.0)

    async def score(
        self, messages: Sequence[Message], replies: Sequence[str], sampling: Sampling
    ) -> ChoiceProbabilities | None:
        """No probabilities."""
        return None

    async def rate(
        self, action: str, statements: Sequence[Statement]
    ) -> tuple[StatementRating, ...]:
        """No ratings: no case here asks for them."""
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
        """No vectors: no case here asks for them."""
        raise NotImplementedError


def decided(scenario: Scenario, adm: Mapping[str, Any], answers: Sequence[str]) -> Decision:
    """The decision of a decision-maker with a target on a scenario, from scripted answers."""
    profile = Profile.model_validate({"name": "golden", "adm": dict(adm), "target": [TARGET]})
    made = make_adm(profile, load_attributes())
    return asyncio.run(_decision(made(scenario, profile.target, ScriptedModel(answers))))


async def _decision(awaited: Any) -> Decision:
    found = await awaited
    assert isinstance(found, Decision)
    return found
