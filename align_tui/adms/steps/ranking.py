"""Steps that rank the choices by their predictions, and that tell the reasons."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from align_tui.adms.base import Llm
from align_tui.adms.ranking import alignment_function, rank_some, rated_choices, unranked
from align_tui.adms.steps.base import PipelineStep, Step
from align_tui.config.adm_params import Traits
from align_tui.config.alignment import params_of
from align_tui.config.profile import Profile
from align_tui.config.steps import StepParams
from align_tui.core.alignment.reasons import in_words, reasons_of
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.attributes import Attributes
from align_tui.core.pipeline.names import (
    ANSWER,
    PREDICTIONS,
    RANKING,
    REASONING,
    RELEVANCE,
    Name,
)
from align_tui.core.pipeline.state import Given, State


class RankParams(StepParams):
    """The choice that the profile's `[alignment]` function ranks first.

    It uses the relevance if a step gave one, and the history if the function needs it. A choice
    that lacks a rating of the target is an error; with `unrated = "leave_out"` it is left out, and
    if all are left out, the first choice is taken. Notes of the decision say so.
    """

    TRAITS: ClassVar[Traits] = Traits(
        needs_target=True,
        is_steerable=True,
        takes_distributions=True,
        ranks=True,
        gives_history=True,
        reads_labels=False,
    )
    TAKES: ClassVar[tuple[Name[Any], ...]] = (PREDICTIONS, RELEVANCE.optional)
    GIVES: ClassVar[tuple[Name[Any], ...]] = (RANKING, ANSWER)
    unrated: Literal["error", "leave_out"] = "error"

    @property
    def leaves_out_unrated(self) -> bool:
        """By its parameter."""
        return self.unrated == "leave_out"


class JustifyParams(StepParams):
    """The reasons for the ratings of the taken choice, or why the function ranked it first."""

    TAKES: ClassVar[tuple[Name[Any], ...]] = (PREDICTIONS, RANKING)
    GIVES: ClassVar[tuple[Name[Any], ...]] = (REASONING,)


def make_rank(profile: Profile, params: RankParams, attributes: Attributes) -> Step:
    """Make a step that ranks by the profile's alignment function."""
    alignment = params_of(profile.alignment)
    function = alignment_function(alignment)

    async def run(state: State, llm: Llm) -> Given:
        predictions, relevance = state.get(PREDICTIONS), state.find(RELEVANCE)
        kept = list(range(len(predictions)))
        if params.unrated == "leave_out":
            kept = rated_choices(predictions, state.targets)
        ranking = (
            rank_some(
                function,
                predictions,
                kept,
                state.targets,
                llm.seed,
                relevance=relevance,
                history=llm.history,
            )
            if kept
            else unranked(alignment.function, len(predictions))
        )
        given = Given(notes=ranking.notes).put(RANKING, ranking)
        return given.put(ANSWER, ChoiceAnswer(ranking.taken))

    return run


def make_justify(profile: Profile, params: JustifyParams, attributes: Attributes) -> Step:
    """Make a step that tells the reasons of the ratings."""

    async def run(state: State, llm: Llm) -> Given:
        predictions, ranking = state.get(PREDICTIONS), state.get(RANKING)
        told = reasons_of(predictions, ranking, state.targets)
        return Given().put(REASONING, told or in_words(ranking, state.targets))

    return run


RANK = PipelineStep(RankParams, make_rank)
JUSTIFY = PipelineStep(JustifyParams, make_justify)
