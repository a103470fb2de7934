"""Steps that combine what earlier steps gave: relevance over choices, renamed and merged values."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from align_tui.adms.base import Llm
from align_tui.adms.steps.base import PipelineStep, Step
from align_tui.config.profile import Profile
from align_tui.config.steps import StepParams, ValueName
from align_tui.core.attributes import Attributes
from align_tui.core.pipeline.merging import join_predictions, merge_predictions
from align_tui.core.pipeline.names import ANY, PREDICTIONS, RELEVANCE, Name
from align_tui.core.pipeline.state import Given, State
from align_tui.core.predictions import Relevance
from align_tui.core.relevance import binarised, mean_over_choices


class ScenarioRelevanceParams(StepParams):
    """One relevance of each attribute for the scenario, from those of its choices.

    With `mean` it is their mean; with `binary` each attribute with the greatest mean has 1 and the
    others 0.
    """

    TAKES: ClassVar[tuple[Name[Any], ...]] = (RELEVANCE,)
    GIVES: ClassVar[tuple[Name[Any], ...]] = (RELEVANCE,)
    how: Literal["mean", "binary"] = "mean"


class RenameParams(StepParams):
    """Values under other names, all at once: `names = { old = "new" }`.

    The old name keeps its value, unless another one gets that name.
    """

    names: Annotated[dict[ValueName, ValueName], Field(min_length=1, max_length=20)]

    @property
    def inputs(self) -> tuple[Name[Any], ...]:
        """The old names."""
        return tuple(Name(old, ANY) for old in self.names)

    @property
    def outputs(self) -> tuple[Name[Any], ...]:
        """The new names."""
        return tuple(
            Name(new, ANY, like=self.takes.get(old, old)) for old, new in self.names.items()
        )


class MergeParams(StepParams):
    """The predictions under several names as one, in the order of the names.

    Where two have an attribute of a choice, the later rating wins, or with `how = "join"` the
    samples of both count.
    """

    GIVES: ClassVar[tuple[Name[Any], ...]] = (PREDICTIONS,)
    names: Annotated[tuple[ValueName, ...], Field(min_length=1, max_length=20)]
    how: Literal["merge", "join"] = "merge"

    @property
    def inputs(self) -> tuple[Name[Any], ...]:
        """The names whose predictions are merged."""
        return tuple(PREDICTIONS.called(name) for name in self.names)


def make_scenario_relevance(
    profile: Profile, params: ScenarioRelevanceParams, attributes: Attributes
) -> Step:
    """Make a step that combines the relevance of the choices."""

    async def run(state: State, llm: Llm) -> Given:
        relevance = state.get(RELEVANCE)
        values = mean_over_choices(relevance.by_choice)
        if params.how == "binary":
            values = binarised(values)
        count = len(state.scenario.choices)
        return Given().put(RELEVANCE, Relevance.of_scenario(values, count, relevance.rater))

    return run


def make_rename(profile: Profile, params: RenameParams, attributes: Attributes) -> Step:
    """Make a step that gives values under other names."""

    async def run(state: State, llm: Llm) -> Given:
        found = [state.get(name) for name in params.inputs]
        return Given(dict(zip(params.outputs, found, strict=True)))

    return run


def make_merge(profile: Profile, params: MergeParams, attributes: Attributes) -> Step:
    """Make a step that merges predictions."""
    both = join_predictions if params.how == "join" else merge_predictions

    async def run(state: State, llm: Llm) -> Given:
        first, *others = [state.get(PREDICTIONS.called(name)) for name in params.names]
        for each in others:
            first = both(first, each)
        return Given().put(PREDICTIONS, first)

    return run


SCENARIO_RELEVANCE = PipelineStep(ScenarioRelevanceParams, make_scenario_relevance)
RENAME = PipelineStep(RenameParams, make_rename)
MERGE = PipelineStep(MergeParams, make_merge)
