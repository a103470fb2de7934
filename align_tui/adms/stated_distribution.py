"""Stated distribution: the model writes which percentage of people takes each option.

One of three ways to express a distribution over the choices (core/opinion.py has them all). As in
Meister et al., "Benchmarking Distributional Alignment of Large Language Models" (NAACL 2025), the
model states it in words: here as JSON, a percentage for the letter of each option.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

from pydantic import Field

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.reply import ask_json
from align_tui.config.adm_params import AdmParams, Traits
from align_tui.config.profile import Profile
from align_tui.core.answers import ChoiceAnswer, letter
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision, Response
from align_tui.core.opinion import normalised
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets
from align_tui.core.text.repair import storable
from align_tui.core.types import Json, JsonObject, derive_seed

PERCENTAGES = "percentages"
ASKED_AGAIN = (
    "A reply gave 0 % to every option, so it was asked again for percentages of at least 1."
)
_Stated = tuple[tuple[float, ...], str]
_TIE = 1e-9


class StatedDistributionParams(AdmParams):
    """Lets the model state which percentage of the target's group takes each option.

    With several `samples` the distribution is their mean.
    """

    TRAITS: ClassVar[Traits] = Traits(
        needs_model=True, is_steerable=True, first_prompt_tells="values", reads_labels=False
    )
    samples: int = Field(1, ge=1, le=200)
    reasoning: Literal["before", "none"] = "before"
    max_reasoning_chars: int = Field(512, ge=16, le=20_000)

    @property
    def replies_per_question(self) -> int:
        """The number of its samples."""
        return self.samples


def make(profile: Profile, params: StatedDistributionParams, attributes: Attributes) -> Adm:
    """Make a decision-maker whose answer is the option with the largest stated share."""
    from align_tui.config.prompts.stated import render_stated  # Jinja; the screen reads KIND

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        count = len(scenario.choices)
        messages = render_stated(profile, scenario, targets, attributes, params.reasoning)

        async def asked(stream: int, least: int) -> tuple[_Stated, Response]:
            return await ask_json(
                llm,
                messages,
                schema_of(count, params, least),
                reader_of(count),
                role="stated",
                stream=stream,
                reasoning=lambda found: found[1],
            )

        async def sample(number: int) -> list[tuple[_Stated, Response]]:
            first = await asked(number, 0)
            if any(first[0][0]):
                return [first]
            return [first, await asked(params.samples + number, 1)]

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(sample(number)) for number in range(params.samples)]
        samples = [task.result() for task in tasks]
        stated = [normalised(each[-1][0][0]) for each in samples]
        shares = normalised([math.fsum(column) for column in zip(*stated, strict=True)])
        taken, notes = largest(shares, llm.seed)
        if any(len(each) > 1 for each in samples):
            notes = (ASKED_AGAIN, *notes)
        return Decision(
            ChoiceAnswer(taken),
            samples[0][-1][0][1],
            probabilities=shares,
            responses=tuple(response for each in samples for _, response in each),
            notes=notes,
        )

    return decide


def schema_of(count: int, params: StatedDistributionParams, least: int = 0) -> JsonObject:
    """The schema of a reply: reasoning if wanted, then a whole percentage for each letter."""
    letters = [letter(index) for index in range(count)]
    share: Json = {"type": "integer", "minimum": least, "maximum": 100}
    parts: dict[str, Json] = {
        PERCENTAGES: {
            "type": "object",
            "properties": dict.fromkeys(letters, share),
            "required": list(letters),
            "additionalProperties": False,
        }
    }
    if params.reasoning == "before":
        text: Json = {"type": "string", "minLength": 1, "maxLength": params.max_reasoning_chars}
        parts = {"reasoning": text, **parts}
    return {
        "type": "object",
        "properties": parts,
        "required": list(parts),
        "additionalProperties": False,
    }


def reader_of(count: int) -> Callable[[JsonObject], _Stated]:
    """A function that reads a reply as (percentages, reasoning).

    Models seldom make the percentages add up to 100, so they are later divided by their sum. If
    all are 0 the reply states nothing.
    """

    def read(body: JsonObject) -> _Stated:
        given = body[PERCENTAGES]
        if not isinstance(given, dict):
            raise TypeError(f"{PERCENTAGES} is not an object")
        numbers = tuple(_percentage(given[letter(index)]) for index in range(count))
        return numbers, storable(str(body.get("reasoning", "")))

    return read


def _percentage(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{json.dumps(value)[:40]} is not a percentage")
    if not 0 <= value <= 100:
        raise ValueError(f"{value} is not in 0..100")
    return float(value)


def largest(shares: Sequence[float], seed: int) -> tuple[int, tuple[str, ...]]:
    """The option with the largest share, and a note if several tie: then the seed decides."""
    top = max(shares)
    tied = [index for index, share in enumerate(shares) if share >= top - _TIE]
    if len(tied) == 1:
        return tied[0], ()
    taken = random.Random(derive_seed(seed, "tie")).choice(tied)
    names = ", ".join(letter(index) for index in tied)
    return taken, (f"The options {names} have the largest share; the seed took {letter(taken)}.",)


KIND = AdmKind(
    StatedDistributionParams,
    make,
    prompts=(
        "align_tui.config.prompts.stated:SYSTEM",
        "align_tui.config.prompts.stated:USER",
        "align_tui.config.prompts.stated:INSTRUCTIONS",
    ),
)
