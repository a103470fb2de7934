"""Steps that ask the model for a choice: the baseline's prompt, and one that states the targets."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from align_tui.adms import baseline, prompt_aligned
from align_tui.adms.base import Adm, Llm
from align_tui.adms.baseline import BaselineParams
from align_tui.adms.prompt_aligned import PromptAlignedParams
from align_tui.adms.steps.base import PipelineStep, Step, given_by
from align_tui.config.adm_params import Traits
from align_tui.config.profile import Profile
from align_tui.config.steps import StepParams
from align_tui.core.attributes import Attributes
from align_tui.core.pipeline.names import ANSWER, PROBABILITIES, REASONING, VOTES, Name
from align_tui.core.pipeline.state import Given, State


class AsksForChoice(StepParams):
    """What all steps have that ask for a choice by the profile's `[prompt]`."""

    GIVES: ClassVar[tuple[Name[Any], ...]] = (
        ANSWER,
        REASONING,
        VOTES.optional,
        PROBABILITIES.optional,
    )
    reasoning: Literal["before", "after", "none"] = "before"
    max_reasoning_chars: int = Field(512, ge=16, le=20_000)
    probabilities: bool = True

    @property
    def own(self) -> dict[str, Any]:
        """The step's own keys, which are those of the decision-maker."""
        return self.model_dump(exclude=set(StepParams.model_fields))


class BaselineStepParams(AsksForChoice):
    """A neutral prompt, and the majority of `samples` replies."""

    TRAITS: ClassVar[Traits] = BaselineParams.TRAITS
    samples: int = Field(1, ge=1, le=200)


class PromptAlignedStepParams(AsksForChoice):
    """The prompt states the targets, and positive and negative samples vote."""

    TRAITS: ClassVar[Traits] = PromptAlignedParams.TRAITS
    n_positive: int = Field(1, ge=1, le=200)
    n_negative: int = Field(0, ge=0, le=200)
    only_positive: bool = False


def make_baseline(profile: Profile, params: BaselineStepParams, attributes: Attributes) -> Step:
    """Make a step that asks as the baseline does."""
    own = BaselineParams(kind="baseline", **params.own)
    return _asking(baseline.make(profile, own, attributes))


def make_aligned(profile: Profile, params: PromptAlignedStepParams, attributes: Attributes) -> Step:
    """Make a step that asks as the prompt-aligned decision-maker does."""
    own = PromptAlignedParams(kind="prompt_aligned", **params.own)
    return _asking(prompt_aligned.make(profile, own, attributes))


def _asking(adm: Adm) -> Step:
    async def run(state: State, llm: Llm) -> Given:
        return given_by(await adm(state.scenario, state.targets, llm))

    return run


BASELINE = PipelineStep(BaselineStepParams, make_baseline, prompts=("style",))
PROMPT_ALIGNED = PipelineStep(PromptAlignedStepParams, make_aligned, prompts=("style",))
