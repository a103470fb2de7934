"""Steps that rate choices with a model: all together, each person alone; and fixed ratings."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, ClassVar, Self

from pydantic import SerializerFunctionWrapHandler, model_serializer, model_validator

from align_tui.adms import comparative_regression, direct_regression
from align_tui.adms.base import Llm
from align_tui.adms.comparative_regression import ComparativeRegressionParams
from align_tui.adms.direct_regression import DirectRegressionParams, rater
from align_tui.adms.rating.params import defined
from align_tui.adms.rating.rated import Rated
from align_tui.adms.steps.base import PipelineStep, Step
from align_tui.config.adm_params import Traits
from align_tui.config.profile import Profile
from align_tui.config.steps import StepParams
from align_tui.core.attributes import Attributes
from align_tui.core.corrections import Form, correct, fixed_choice
from align_tui.core.pipeline.names import PREDICTIONS, RELEVANCE, Name, Rule
from align_tui.core.pipeline.state import Given, State
from align_tui.core.scenarios import Scenario


class ComparativeStepParams(ComparativeRegressionParams, StepParams):
    """The model scores all choices together, once for each attribute; keys as of the kind.

    Where an earlier step rated an attribute of a choice, the samples of both count.
    """

    RULE: ClassVar[Rule] = "join"
    GIVES: ClassVar[tuple[Name[Any], ...]] = (PREDICTIONS,)

    @property
    def traits(self) -> Traits:
        """Those of the kind, without the ranking."""
        return _of_rater(super().traits)

    @property
    def outputs(self) -> tuple[Name[Any], ...]:
        """The predictions, and the relevance if it is asked for."""
        return (*self.GIVES, RELEVANCE) if self.predict_relevance else self.GIVES


class DirectStepParams(DirectRegressionParams, StepParams):
    """The model scores each person alone, once for each attribute; keys as of the kind.

    Where an earlier step rated an attribute of a choice, the samples of both count. It has no
    records, so it cannot generate anchors.
    """

    RULE: ClassVar[Rule] = "join"
    GIVES: ClassVar[tuple[Name[Any], ...]] = (PREDICTIONS,)

    @model_validator(mode="after")
    def _no_records(self) -> Self:
        if self.records:
            raise ValueError("a step cannot read records; use the kind direct_regression")
        return self

    @property
    def traits(self) -> Traits:
        """Those of the kind, without the ranking."""
        return _of_rater(super().traits)

    @model_serializer(mode="wrap")
    def _without_empty_hash(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped = self.without_unused(dump(self))
        return {key: each for key, each in dumped.items() if not key.startswith("records")}


class FixedTextsParams(StepParams):
    """Fixed ratings for the three choices that the phase-2 data word alike everywhere."""

    TAKES: ClassVar[tuple[Name[Any], ...]] = (PREDICTIONS,)
    GIVES: ClassVar[tuple[Name[Any], ...]] = (PREDICTIONS,)
    form: Form = "corrected"


def _of_rater(traits: Traits) -> Traits:
    return replace(traits, ranks=False, gives_history=False, gives_relevance=False)


def given_by_rater(rated: Rated, scenario: Scenario, fixed_texts: Form) -> Given:
    """What a rater gives: its predictions, with those of fixed choices corrected."""
    fixed = [fixed_choice(text) for text in scenario.choice_texts]
    given = Given(responses=rated.responses)
    given = given.put(PREDICTIONS, correct(rated.predictions, fixed, fixed_texts))
    return given if rated.relevance is None else given.put(RELEVANCE, rated.relevance)


def make_comparative(
    profile: Profile, params: ComparativeStepParams, attributes: Attributes
) -> Step:
    """Make a step that has all choices scored together."""
    from align_tui.adms.rating.comparative import ComparativeOptions, rate_together
    from align_tui.adms.rating.examples import RatingExamples
    from align_tui.config.prompts.rating import RatingPrompts  # Jinja; the screen reads the params

    prompts = RatingPrompts(f"profile {profile.name}", params.system, params.user)
    options = ComparativeOptions(
        **{each.name: getattr(params, each.name) for each in fields(ComparativeOptions)}
    )

    examples = RatingExamples(profile, prompts, params.reasoning, params.max_reasoning_chars)

    async def run(state: State, llm: Llm) -> Given:
        scenario = state.scenario
        rated_attributes = defined(params.attributes_to_rate(state.targets), attributes)
        turns, used, _ = await examples.turns(rated_attributes, scenario, llm)
        rated = await rate_together(llm, scenario, rated_attributes, prompts, options, turns)
        return replace(given_by_rater(rated, scenario, params.fixed_texts), examples=used)

    return run


def make_direct(profile: Profile, params: DirectStepParams, attributes: Attributes) -> Step:
    """Make a step that has each person scored alone."""
    rate = rater(profile, params, attributes)

    async def run(state: State, llm: Llm) -> Given:
        rated, _ = await rate(state.scenario, state.targets, llm)
        return given_by_rater(rated, state.scenario, params.fixed_texts)

    return run


def make_fixed_texts(profile: Profile, params: FixedTextsParams, attributes: Attributes) -> Step:
    """Make a step that overrides the ratings of fixed choices."""

    async def run(state: State, llm: Llm) -> Given:
        fixed = [fixed_choice(text) for text in state.scenario.choice_texts]
        return Given().put(PREDICTIONS, correct(state.get(PREDICTIONS), fixed, params.form))

    return run


COMPARATIVE_REGRESSION = PipelineStep(
    ComparativeStepParams, make_comparative, prompts=comparative_regression.PROMPTS
)
DIRECT_REGRESSION = PipelineStep(DirectStepParams, make_direct, prompts=direct_regression.PROMPTS)
FIXED_TEXTS = PipelineStep(FixedTextsParams, make_fixed_texts)
