"""A step that rates choices by statements, with a model such as Kaleido."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from align_tui.adms.base import Llm
from align_tui.adms.kaleido import KaleidoParams, rate_choices
from align_tui.adms.steps.base import PipelineStep, Step
from align_tui.config.adm_params import Traits
from align_tui.config.profile import Profile
from align_tui.config.steps import StepParams
from align_tui.core.attributes import Attributes
from align_tui.core.pipeline.names import PREDICTIONS, RELEVANCE, Name
from align_tui.core.pipeline.state import Given, State


class KaleidoStepParams(KaleidoParams, StepParams):
    """A model of statements rates each choice for each attribute; keys as of the kind.

    Beside a model that writes, Kaleido has a role of its own: `model = "kaleido"`.
    """

    GIVES: ClassVar[tuple[Name[Any], ...]] = (PREDICTIONS, RELEVANCE)

    @property
    def traits(self) -> Traits:
        """Those of the kind, without the ranking."""
        return replace(
            super().traits,
            ranks=False,
            gives_history=False,
            gives_relevance=False,
            takes_relevance=False,
        )


def make_kaleido(profile: Profile, params: KaleidoStepParams, attributes: Attributes) -> Step:
    """Make a step that rates by statements."""

    async def run(state: State, llm: Llm) -> Given:
        rated = await rate_choices(state.scenario, state.targets, llm, params, attributes)
        given = Given().put(PREDICTIONS, rated.predictions)
        return given.put(RELEVANCE, rated.relevance)

    return run


KALEIDO = PipelineStep(
    KaleidoStepParams, make_kaleido, prompts=("align_tui.adms.statements:ACTION",)
)
