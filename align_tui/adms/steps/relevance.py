"""A step that predicts how much each attribute of the target matters."""

from __future__ import annotations

from typing import Any, ClassVar

from align_tui.adms.base import Llm
from align_tui.adms.relevance.predict import relevance_of
from align_tui.adms.steps.base import PipelineStep, Step
from align_tui.config.adm_params import Traits
from align_tui.config.profile import Profile
from align_tui.config.steps import StepParams
from align_tui.core.attributes import Attributes
from align_tui.core.pipeline.names import RELEVANCE, Name
from align_tui.core.pipeline.state import Given, State


class RelevanceStepParams(StepParams):
    """The relevance as the profile's `[relevance]` predicts it."""

    TRAITS: ClassVar[Traits] = Traits(
        needs_target=True,
        is_steerable=True,
        takes_distributions=True,
        takes_relevance=True,
        needs_relevance=True,
        reads_labels=False,
    )
    GIVES: ClassVar[tuple[Name[Any], ...]] = (RELEVANCE,)


def make_relevance(profile: Profile, params: RelevanceStepParams, attributes: Attributes) -> Step:
    """Make a step that predicts relevance."""

    async def run(state: State, llm: Llm) -> Given:
        found = await relevance_of(
            state.scenario, state.targets, llm, profile=profile, attributes=attributes
        )
        return Given(responses=found.responses, notes=found.notes).put(RELEVANCE, found.relevance)

    return run


RELEVANCE_STEP = PipelineStep(RelevanceStepParams, make_relevance)
