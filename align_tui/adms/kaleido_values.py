"""Kaleido's own values: each choice is judged by the values, rights and duties that a model names.

There is no target. The model writes statements that bear on a choice, those that are relevant and
say different things are kept, and the choice that they support most, weighted by their relevance,
is taken. It shows what Kaleido itself finds right, beside what it does under a target.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, Field

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.kaleido import RATER, in_words
from align_tui.adms.statements import ACTION, action_of, fits
from align_tui.config.adm_params import AdmParams, Traits
from align_tui.config.profile import Profile
from align_tui.config.value_types import Unit
from align_tui.core.alignment.ranking import Ranking, take_one, tied_best
from align_tui.core.alignment.reasons import in_words as ranking_in_words
from align_tui.core.alignment.reasons import reasons_of
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision, Step
from align_tui.core.kaleido import (
    RatedStatement,
    estimate,
    merge_by_vectors,
    merge_by_words,
    overall_valence,
    relevant,
)
from align_tui.core.predictions import Prediction, Relevance
from align_tui.core.scenarios import Scenario
from align_tui.core.statements import Statement, StatementKind, StatementRating
from align_tui.core.targets import Targets

FUNCTION = "overall_valence"
EMBEDDING = "embedding"


class ByKind(BaseModel):
    """Parameters with a threshold for all statements, or one for each kind."""

    min_relevance: Unit | dict[StatementKind, Unit] = 0.5
    merge_vectors: Unit | dict[StatementKind, Unit] | None = None


class KaleidoValuesParams(AdmParams, ByKind):
    """Lets a model name values, rights and duties, and takes the choice that they support most.

    For each choice it searches `candidates` statements (or draws them, with `drawn`). Those below
    `min_relevance` are left out, and of those that share too many words (`merge_words`, ROUGE-L) or
    have similar vectors (`merge_vectors`, cosine; needs a model in the role `embedding`) the most
    relevant one stays. The `most` most relevant ones judge the choice.
    """

    TRAITS: ClassVar[Traits] = Traits(
        needs_model=True,
        asks=frozenset({"rates_statements", "writes_statements"}),
        reads_labels=False,
        shows_order=False,
    )
    candidates: int = Field(20, ge=1, le=200)
    drawn: bool = False
    merge_words: Unit = 0.7
    across_kinds: bool = False
    most: int = Field(10, ge=1, le=50)
    explain: bool = True
    action: Annotated[str, Field(max_length=4_000), AfterValidator(fits)] = ACTION

    @property
    def traits(self) -> Traits:
        """The traits of the kind; merging by vectors asks a second model."""
        if self.merge_vectors is None:
            return self.TRAITS
        return replace(self.TRAITS, roles={EMBEDDING: ("embeds",)})


def make(profile: Profile, params: KaleidoValuesParams, attributes: Attributes) -> Adm:
    """Make a decision-maker that ranks choices by the statements that the model names for them."""

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        begun = time.monotonic()
        choices = range(len(scenario.choices))
        actions = [action_of(scenario, choice, params.action) for choice in choices]
        async with asyncio.TaskGroup() as group:
            named = [
                group.create_task(_rated(llm, action, choice, params))
                for choice, action in zip(choices, actions, strict=True)
            ]
        kept = [task.result() for task in named]
        if params.merge_vectors is not None:
            kept = await _differing(llm, kept, params)
        kept = [each[: params.most] for each in kept]
        reasons = await _reasons(llm, actions, kept, params)
        predictions = tuple(
            {
                name_of(each.statement): Prediction((estimate(each.rating),), (reason,), RATER)
                for each, reason in zip(rated, why, strict=True)
            }
            for rated, why in zip(kept, reasons, strict=True)
        )
        relevance = tuple(
            {name_of(each.statement): each.rating.relevance for each in rated} for rated in kept
        )
        ranking = _ranking(kept, llm.seed)
        return Decision(
            ChoiceAnswer(ranking.taken),
            reasons_of(predictions, ranking, ()) or ranking_in_words(ranking, ()),
            notes=ranking.notes,
            predictions=predictions,
            relevance=Relevance(relevance, RATER),
            ranking=ranking,
            steps=(Step("name, rate and explain", time.monotonic() - begun),),
        )

    return decide


def name_of(statement: Statement) -> str:
    """The statement as one name, such as `Value: Kindness`."""
    return f"{statement.kind.capitalize()}: {statement.text}"[:200]


async def _rated(
    llm: Llm, action: str, choice: int, params: KaleidoValuesParams
) -> list[RatedStatement]:
    """The relevant statements for an action, the most relevant first, merged by their words."""
    seed = llm.sampling(choice).seed if params.drawn else None
    statements = await llm.suggest(action, params.candidates, seed)
    ratings = await llm.rate(action, statements) if statements else ()
    rated = [RatedStatement(*pair) for pair in zip(statements, ratings, strict=True)]
    rated = [rated[i] for i in relevant(rated, params.min_relevance, {})]
    order = merge_by_words(rated, params.merge_words, across_kinds=params.across_kinds)
    return [rated[i] for i in order]


async def _differing(
    llm: Llm, named: list[list[RatedStatement]], params: KaleidoValuesParams
) -> list[list[RatedStatement]]:
    """The statements of each choice whose vectors differ, the most relevant first."""
    texts = list(dict.fromkeys(each.statement.text for rated in named for each in rated))
    if not texts or params.merge_vectors is None:
        return named
    vectors = dict(zip(texts, await llm.role(EMBEDDING).embed(texts), strict=True))
    return [
        [
            rated[i]
            for i in merge_by_vectors(
                rated,
                [vectors[each.statement.text] for each in rated],
                params.merge_vectors,
                across_kinds=params.across_kinds,
            )
        ]
        for rated in named
    ]


async def _reasons(
    llm: Llm,
    actions: Sequence[str],
    kept: Sequence[Sequence[RatedStatement]],
    params: KaleidoValuesParams,
) -> list[Sequence[str]]:
    """A reason for each statement of each choice: the model's own, or its numbers in words."""
    if not params.explain:
        return [[in_words(each.statement, each.rating) for each in rated] for rated in kept]
    async with asyncio.TaskGroup() as group:
        told = [
            group.create_task(llm.explain(action, [each.statement for each in rated]))
            for action, rated in zip(actions, kept, strict=True)
        ]
    return [task.result() for task in told]


def _ranking(kept: Sequence[Sequence[RatedStatement]], seed: int) -> Ranking:
    """Rank choices by their overall valence: supports, and half of either (0..1)."""
    overall = [overall_valence([each.rating for each in rated]) for rated in kept]
    scores = tuple(estimate(StatementRating(1.0, *valence)) for valence in overall)
    best = tied_best(scores)
    taken, why = take_one(best, seed)
    return Ranking(
        function=FUNCTION,
        measure="support",
        scores=scores,
        best=best,
        taken=taken,
        tie_break=why,
        notes=tuple(
            f"The model names no relevant statement for choice {choice + 1}: its support is 0.5."
            for choice, rated in enumerate(kept)
            if not rated
        ),
        sample=0,
        details={"valence": [list(each) for each in overall]},
    )


KIND = AdmKind(KaleidoValuesParams, make, prompts=("align_tui.adms.statements:ACTION",))
