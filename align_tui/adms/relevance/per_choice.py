"""`per_choice`: a model says of each choice and attribute whether the attribute matters, yes or no.

It is the relevance classification of align-system's older comparative decision-maker, asked for one
choice at a time.
"""

from __future__ import annotations

import asyncio
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
from align_tui.core.alignment.ratings import mean
from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.decisions import Message, Response
from align_tui.core.predictions import Relevance
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets
from align_tui.core.types import JsonObject

RATER = "per choice"
REASONING, ANSWER = "reasoning", "relevant"


class PerChoiceParams(RelevanceParams):
    """A model answers yes or no for each choice and attribute, in `samples` replies each.

    Relevance is the share of yes. `reasoning` lets the model give its reasons first.
    """

    asks: ClassVar[frozenset[Capability]] = frozenset({"generates"})
    samples: int = Field(1, ge=1, le=50)
    reasoning: bool = True
    max_reasoning_chars: int = Field(512, ge=16, le=20_000)


def make(profile: Profile, params: PerChoiceParams, attributes: Attributes) -> Predictor:
    """Make a predictor that asks about each choice and attribute, all at once."""
    schema = schema_of(params)

    def read(body: JsonObject) -> tuple[bool, str]:
        answer = str(body[ANSWER])
        if answer not in ("yes", "no"):
            raise ValueError(f"{answer[:20]!r} is neither yes nor no")
        return answer == "yes", str(body.get(REASONING, ""))

    async def predict(
        scenario: Scenario, targets: Targets, llm: Llm, stream: int
    ) -> FoundRelevance:
        names = names_of(targets)
        asked = [(choice, name) for choice in range(len(scenario.choices)) for name in names]
        async with asyncio.TaskGroup() as group:
            tasks = [
                [
                    group.create_task(
                        ask_json(
                            llm,
                            messages_of(scenario, choice, defined(name, attributes), params),
                            schema,
                            read,
                            role="relevance",
                            stream=stream + number * params.samples + sample,
                            reasoning=lambda found: found[1],
                        )
                    )
                    for sample in range(params.samples)
                ]
                for number, (choice, name) in enumerate(asked)
            ]
        by_choice: list[dict[str, float]] = [{} for _ in scenario.choices]
        responses: list[Response] = []
        for (choice, name), samples in zip(asked, tasks, strict=True):
            results = [task.result() for task in samples]
            by_choice[choice][name] = mean([float(found[0]) for found, _ in results])
            responses += [response for _, response in results]
        return FoundRelevance(Relevance(tuple(by_choice), RATER), tuple(responses))

    return predict


def schema_of(params: PerChoiceParams) -> JsonObject:
    """The JSON schema of a reply: perhaps reasoning, then yes or no."""
    answer: JsonObject = {ANSWER: {"type": "string", "enum": ["yes", "no"]}}
    before: JsonObject = (
        {REASONING: {"type": "string", "maxLength": params.max_reasoning_chars}}
        if params.reasoning
        else {}
    )
    properties = {**before, **answer}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def messages_of(
    scenario: Scenario, choice: int, attribute: Attribute, params: PerChoiceParams
) -> tuple[Message, ...]:
    """The prompt: what the attribute means, then the situation, the choices and one of them."""
    keys = f'the keys "{REASONING}" and "{ANSWER}"' if params.reasoning else f'the key "{ANSWER}"'
    how = "Reason in a few sentences, then answer" if params.reasoning else "Answer"
    system = (
        "You say whether a value bears on a choice: whether taking the choice expresses or offends "
        f"it.\n\nThe value: {attribute.name}. {attribute.definition}\n\n"
        f'{how} "yes" or "no", in JSON with {keys}.'
    )
    choices = "\n".join(f"- {text}" for text in scenario.choice_texts)
    user = (
        f"{scenario.text.strip()}\n\nChoices:\n{choices}\n\n"
        f"The choice in question: {scenario.choice_texts[choice]}"
    )
    return (Message("system", system), Message("user", user))


KIND = RelevanceKind(
    PerChoiceParams, make, prompts=("align_tui.adms.relevance.per_choice:messages_of",)
)
