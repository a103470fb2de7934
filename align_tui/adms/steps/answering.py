"""Steps that answer without a model: at random, and by a fixed index."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from align_tui.adms.base import Llm
from align_tui.adms.random_choice import decide as decide_at_random
from align_tui.adms.steps.base import PipelineStep, Step, given_by
from align_tui.config.profile import Profile
from align_tui.config.steps import StepParams
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.attributes import Attributes
from align_tui.core.pipeline.names import ANSWER, PROBABILITIES, REASONING, Name
from align_tui.core.pipeline.state import Given, State


class RandomStepParams(StepParams):
    """A choice drawn uniformly, from the sample's seed."""

    GIVES: ClassVar[tuple[Name[Any], ...]] = (ANSWER, REASONING, PROBABILITIES)


class FixedStepParams(StepParams):
    """The choice at `index` (from 0); after the last choice it counts on from the first one."""

    GIVES: ClassVar[tuple[Name[Any], ...]] = (ANSWER, REASONING)
    index: int = Field(0, ge=0)


def make_random(profile: Profile, params: RandomStepParams, attributes: Attributes) -> Step:
    """Make a step that draws a choice."""

    async def run(state: State, llm: Llm) -> Given:
        return given_by(await decide_at_random(state.scenario, state.targets, llm))

    return run


def make_fixed(profile: Profile, params: FixedStepParams, attributes: Attributes) -> Step:
    """Make a step that takes the choice at an index."""

    async def run(state: State, llm: Llm) -> Given:
        index = params.index % len(state.scenario.choices)
        given = Given().put(ANSWER, ChoiceAnswer(index))
        return given.put(REASONING, f"Always choice {index + 1}.")

    return run


RANDOM = PipelineStep(RandomStepParams, make_random)
FIXED = PipelineStep(FixedStepParams, make_fixed)
