"""`most_relevant`: a model names the attribute that matters most; its samples are averaged."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

from pydantic import Field

from align_tui.adms.base import Llm
from align_tui.adms.relevance.base import (
    FoundRelevance,
    Predictor,
    RelevanceKind,
    defined,
    names_of,
)
from align_tui.adms.reply import ask_json
from align_tui.config.backbone_kinds import Capability
from align_tui.config.profile import Profile
from align_tui.config.relevance import RelevanceParams
from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.decisions import Message
from align_tui.core.relevance import share_of_picks
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets
from align_tui.core.types import JsonObject

RATER = "most relevant"
KEY = "most_relevant"


class MostRelevantParams(RelevanceParams):
    """A model names one attribute in each of `samples` replies; relevance is its share of them.

    A single attribute has relevance 1, and no model is asked. A reply that names none of them (from
    a server that ignores schemas) counts for none, and a note says so.
    """

    asks: ClassVar[frozenset[Capability]] = frozenset({"generates"})
    samples: int = Field(1, ge=1, le=200)


def make(profile: Profile, params: MostRelevantParams, attributes: Attributes) -> Predictor:
    """Make a predictor that asks which attribute matters most."""

    async def predict(
        scenario: Scenario, targets: Targets, llm: Llm, stream: int
    ) -> FoundRelevance:
        names = names_of(targets)
        if len(names) < 2:
            return FoundRelevance.for_all(share_of_picks((), names), scenario, RATER)
        known = {defined(name, attributes).name: name for name in names}
        messages = messages_of(scenario, [defined(name, attributes) for name in names])
        schema = schema_of(list(known))

        def read(body: JsonObject) -> str:
            return known.get(str(body[KEY]), "")

        async with asyncio.TaskGroup() as group:
            asked = [
                group.create_task(
                    ask_json(
                        llm,
                        messages,
                        schema,
                        read,
                        role="relevance",
                        stream=stream + sample,
                        reasoning=lambda name: f"Most relevant: {name or 'none of them'}",
                    )
                )
                for sample in range(params.samples)
            ]
        picks = [task.result()[0] for task in asked]
        responses = [task.result()[1] for task in asked]
        notes = [] if all(picks) else ["A reply about relevance names no attribute of the target."]
        shares = share_of_picks(picks, names)
        return FoundRelevance.for_all(shares, scenario, RATER, responses, notes)

    return predict


def schema_of(names: Sequence[str]) -> JsonObject:
    """The JSON schema of a reply that names one of the attributes."""
    return {
        "type": "object",
        "properties": {KEY: {"type": "string", "enum": list(names)}},
        "required": [KEY],
        "additionalProperties": False,
    }


def messages_of(scenario: Scenario, asked: Sequence[Attribute]) -> tuple[Message, ...]:
    """The prompt: what each attribute means, then the situation and its choices."""
    meanings = "\n".join(f"- {each.name}: {each.definition}" for each in asked)
    system = (
        "Several values may bear on a decision. You say which one of them matters most in the "
        f"situation that you are given.\n\nThe values:\n{meanings}\n\n"
        f'Answer in JSON with the key "{KEY}" and the name of that value.'
    )
    choices = "\n".join(f"- {text}" for text in scenario.choice_texts)
    user = f"{scenario.text.strip()}\n\nChoices:\n{choices}"
    return (Message("system", system), Message("user", user))


KIND = RelevanceKind(
    MostRelevantParams, make, prompts=("align_tui.adms.relevance.most_relevant:messages_of",)
)
