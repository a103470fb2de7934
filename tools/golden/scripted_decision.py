"""A model that gives scripted replies, for checks that run a whole decision-maker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from align_tui.adms.no_model import NoModel
from align_tui.adms.registry import make_adm
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision, Generation, Message, Sampling
from align_tui.core.scenarios import Scenario
from align_tui.core.types import JsonObject


class ScriptedLlm(NoModel):
    """Gives replies in order (texts, or values written as JSON) and keeps what it was asked."""

    def __init__(self, replies: Sequence[Any], seed: int = 1) -> None:
        self.replies = list(replies)
        self.seed = seed
        self.asked: list[tuple[Message, ...]] = []
        self.schemas: list[JsonObject] = []

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
        self.schemas.append(schema)
        reply = self.replies.pop(0)
        text = reply if isinstance(reply, str) else json.dumps(reply)
        return Generation(text, "", 0, 1, "stop", 0.0, 0.0)


def decide(
    table: dict[str, Any],
    scenario: Scenario,
    llm: ScriptedLlm,
    attributes: Attributes | None = None,
) -> Decision:
    """The decision of the profile with these tables. Raises what the decision-maker raises."""
    profile = Profile.model_validate({"name": "golden", **table})
    adm = make_adm(profile, attributes if attributes is not None else load_attributes())

    async def run() -> Decision:
        return await adm(scenario, profile.target, llm)

    try:
        return asyncio.run(run())
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from group
