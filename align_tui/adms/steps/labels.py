"""Steps that read a scenario's labels: ratings and relevance as a perfect rater would give them."""

from __future__ import annotations

from typing import Any, ClassVar

from align_tui.adms.base import Llm
from align_tui.adms.oracle import RATER, label_predictions
from align_tui.adms.steps.base import PipelineStep, Step
from align_tui.config.adm_params import Traits
from align_tui.config.profile import Profile
from align_tui.config.steps import StepParams
from align_tui.core.attributes import Attributes
from align_tui.core.pipeline.names import PREDICTIONS, RELEVANCE, Name
from align_tui.core.pipeline.state import Given, State
from align_tui.core.predictions import Relevance
from align_tui.core.relevance import from_labels


class LabelsParams(StepParams):
    """The labels as predictions, as the oracle has them."""

    TRAITS: ClassVar[Traits] = Traits(reads_labels=True, takes_distributions=True)
    GIVES: ClassVar[tuple[Name[Any], ...]] = (PREDICTIONS,)


class LabelRelevanceParams(StepParams):
    """Relevance 1 for each attribute of the target that any choice has a label of, else 0."""

    TRAITS: ClassVar[Traits] = Traits(
        needs_target=True, is_steerable=True, takes_distributions=True, reads_labels=True
    )
    GIVES: ClassVar[tuple[Name[Any], ...]] = (RELEVANCE,)


def make_labels(profile: Profile, params: LabelsParams, attributes: Attributes) -> Step:
    """Make a step that gives the labels as predictions."""

    async def run(state: State, llm: Llm) -> Given:
        return Given().put(PREDICTIONS, label_predictions(state.scenario))

    return run


def make_relevance(profile: Profile, params: LabelRelevanceParams, attributes: Attributes) -> Step:
    """Make a step that gives the relevance by the labels."""

    async def run(state: State, llm: Llm) -> Given:
        wanted = [target.attribute for target in state.targets]
        values = from_labels(state.scenario, wanted)
        count = len(state.scenario.choices)
        return Given().put(RELEVANCE, Relevance.of_scenario(values, count, RATER))

    return run


LABELS = PipelineStep(LabelsParams, make_labels)
LABEL_RELEVANCE = PipelineStep(LabelRelevanceParams, make_relevance)
