"""Pipeline: named steps over one working state, as a profile lists them.

As in align-system's `PipelineADM` (commit 6d59f0d) each step takes values by name and gives others,
and its time is kept. Here the names and kinds of values are checked before anything runs, and the
state never changes under a step's hands.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.steps.base import PipelineStep, Step
from align_tui.adms.steps.streams import NumberedLlm
from align_tui.config.adm_params import AdmParams, RankingInputs, Traits
from align_tui.config.profile import Profile
from align_tui.config.steps import STEPS, MissingStepParams, StepParams, StepTable, givers
from align_tui.core.alignment.partial import rated_choices
from align_tui.core.alignment.reasons import in_words
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.decisions import Step as TimedStep
from align_tui.core.errors import AdmError
from align_tui.core.pipeline.names import (
    ANSWER,
    PREDICTIONS,
    PROBABILITIES,
    RANKING,
    REASONING,
    RELEVANCE,
    RELEVANCES,
    VOTES,
)
from align_tui.core.pipeline.plan import check_plan
from align_tui.core.pipeline.state import Given, State
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets

EXAMPLES = ("no", "together", "each")  # what a step may do with examples, the most last
RETRIED = "A reply was cut at max_tokens, so it was asked again with twice the limit."


class PipelineParams(AdmParams):
    """Runs the named steps of `[[adm.steps]]` in order, over one working state.

    Each step says which names it takes and gives. A pipeline ends with an `answer`; `reasoning`,
    `predictions`, `relevance`, `ranking`, `votes` and `probabilities` become parts of its decision.
    """

    TRAITS: ClassVar[Traits] = Traits()
    steps: Annotated[tuple[StepTable, ...], Field(min_length=1, max_length=50)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self._is_missing:
            check_plan([step.planned for step in self.steps], givers)
        return self

    @property
    def _is_missing(self) -> bool:
        return any(isinstance(step, MissingStepParams) for step in self.steps)

    @cached_property
    def _traits(self) -> Traits:
        parts = [step.needs for step in self.steps]
        steered = [part for part in parts if part.is_steerable]
        roles = {
            role: tuple(dict.fromkeys(c for part in parts for c in part.roles.get(role, ())))
            for part in parts
            for role in part.roles
        }
        return Traits(
            needs_model=any(part.needs_model for part in parts),
            asks=frozenset(c for part in parts if part.needs_model for c in part.asks),
            roles=roles,
            needs_target=any(part.needs_target for part in parts),
            is_steerable=bool(steered),
            states_target=any(part.states_target for part in parts),
            first_prompt_tells=next(
                (part.first_prompt_tells for part in parts if part.needs_model or part.roles),
                "nothing",
            ),
            takes_distributions=all(part.takes_distributions for part in steered),
            ranks=any(part.ranks for part in parts),
            gives_relevance=any(
                part.gives_relevance or any(name.kind == RELEVANCES for name in step.outputs)
                for part, step in zip(parts, self.steps, strict=True)
            ),
            takes_relevance=any(part.takes_relevance for part in parts),
            needs_relevance=any(part.needs_relevance for part in parts),
            takes_examples=max((p.takes_examples for p in parts), key=EXAMPLES.index),
            gives_history=all(part.gives_history for part in parts if part.ranks),
            reads_labels=any(part.reads_labels for part in parts),
            shows_order=any(part.shows_order for part in parts),
            order_by_style=any(part.order_by_style for part in parts),
            can_decide=all(part.can_decide for part in parts),
        )

    def ranked(
        self,
        predictions: Predictions,
        relevance: Relevance | None,
        scenario: Scenario,
        targets: Targets,
        *,
        needs_relevance: bool,
    ) -> RankingInputs:
        """All choices, or those that are rated if its step leaves out the others."""
        if any(step.leaves_out_unrated for step in self.steps):
            return RankingInputs(tuple(rated_choices(predictions, targets)), relevance)
        return RankingInputs(tuple(range(len(predictions))), relevance)

    def attributes_to_rate(self, targets: Targets) -> tuple[str, ...]:
        """The attributes that any of its steps rates."""
        found = (name for step in self.steps for name in step.attributes_to_rate(targets))
        return tuple(dict.fromkeys(found))

    @property
    def traits(self) -> Traits:
        """What its steps together need and do."""
        return self._traits


def make(profile: Profile, params: PipelineParams, attributes: Attributes) -> Adm:
    """Make a decision-maker that runs the steps in order. Raises AdmError or ConfigError."""
    steps = [(step, _made(profile, step, attributes)) for step in params.steps]

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        state, times = await run_steps(steps, State(scenario, targets), llm)
        return decision_of(state, times)

    return decide


def _made(profile: Profile, params: StepParams, attributes: Attributes) -> Step:
    kind = STEPS.get(params.step)
    if not isinstance(kind, PipelineStep) or not isinstance(params, kind.params):
        raise AdmError(
            f"The step {params.step!r} does not understand this profile",
            "The run was made with another version of its package. Install that version.",
        )
    made: Step = kind.make(profile, params, attributes)
    return made


async def run_steps(
    steps: Sequence[tuple[StepParams, Step]], state: State, llm: Llm
) -> tuple[State, tuple[TimedStep, ...]]:
    """Run the steps one after the other: the last state, and the time that each step took.

    Each step's texts have numbers of their own after those of the steps before it. Raises AdmError
    for a step that returns no Given, and whatever a step raises.
    """
    times = []
    numbered = NumberedLlm(llm)
    for params, run in steps:
        begun = time.monotonic()
        asked = numbered.next_step()
        asked = asked if params.model is None else asked.role(params.model)
        given: object = await run(state.seen_as(params.takes), asked)
        if not isinstance(given, Given):  # a step of another package
            raise AdmError(
                f"The step {params.label!r} gave a {type(given).__name__} and no values by name",
                "A step returns a Given: see docs/decision-makers.md.",
            )
        state = state.with_given(given, params.rule, params.gives)
        times.append(TimedStep(params.label, time.monotonic() - begun))
    return state, tuple(times)


def decision_of(state: State, steps: tuple[TimedStep, ...] = ()) -> Decision:
    """The decision that a state holds at the end. Raises AdmError if it has no answer."""
    ranking = state.find(RANKING)
    reasoning = state.find(REASONING)
    if reasoning is None and ranking is not None:
        reasoning = in_words(ranking, state.targets)
    said = [note for each in state.responses for note in each.generation.notes]
    if any(response.retried for response in state.responses):
        said.append(RETRIED)
    return Decision(
        answer=state.get(ANSWER),
        reasoning=reasoning or "",
        probabilities=state.find(PROBABILITIES),
        votes=state.find(VOTES),
        responses=state.responses,
        notes=tuple(dict.fromkeys((*state.notes, *said))),
        predictions=state.find(PREDICTIONS),
        relevance=state.find(RELEVANCE),
        ranking=ranking,
        steps=steps,
        examples=tuple(dict.fromkeys(state.examples)),
    )


KIND = AdmKind(PipelineParams, make)
