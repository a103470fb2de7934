"""Kaleido: a model of values rates each choice by a statement for each attribute of the target.

Kaleido (Sorensen et al., AAAI 2024; a T5) says how relevant a value, right or duty is to an action,
and whether the action supports it, opposes it or either. As in ALIGN, a choice's estimate is
`supports` plus half of `either`, and an alignment function compares the estimates with the target.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.predicted import decide_by_predictions
from align_tui.adms.ranking import alignment_function
from align_tui.adms.relevance.base import FoundRelevance, names_of
from align_tui.adms.relevance.predict import relevance_of
from align_tui.adms.statements import States, action_of, statement_of
from align_tui.config.adm_params import AdmParams, Traits
from align_tui.config.alignment import params_of
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision, Step
from align_tui.core.kaleido import estimate
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.scenarios import Scenario
from align_tui.core.statements import Statement, StatementRating
from align_tui.core.targets import Targets

RATER = "kaleido"


class KaleidoParams(AdmParams, States):
    """Lets a model of statements rate each choice, and an alignment function rank them.

    With `explain` the model also gives its reason for each rating, which takes most of the time.
    The relevance of attributes is the model's own, unless the profile has a `[relevance]`.
    """

    TRAITS: ClassVar[Traits] = Traits(
        needs_model=True,
        asks=frozenset({"rates_statements", "writes_statements"}),
        needs_target=True,
        is_steerable=True,
        takes_distributions=True,
        ranks=True,
        gives_relevance=True,
        takes_relevance=True,
        gives_history=True,
        reads_labels=False,
        shows_order=False,
    )
    explain: bool = True

    @property
    def traits(self) -> Traits:
        """The traits of the kind; a model that explains nothing need not write."""
        if self.explain:
            return self.TRAITS
        return replace(self.TRAITS, asks=frozenset({"rates_statements"}))


@dataclass(frozen=True, slots=True)
class Rated:
    """A model's ratings of all choices: predictions, its own relevance, and the time they took."""

    predictions: Predictions
    relevance: Relevance
    steps: tuple[Step, ...] = ()


async def rate_choices(
    scenario: Scenario, targets: Targets, llm: Llm, params: KaleidoParams, attributes: Attributes
) -> Rated:
    """Rate each choice by the statement of each attribute, all at once.

    Without attributes nothing is asked. Raises ConfigError for an attribute without a statement.
    """
    names = names_of(targets)
    statements = [statement_of(name, params, attributes) for name in names]
    choices = range(len(scenario.choices))
    if not statements:
        return Rated(tuple({} for _ in choices), Relevance(tuple({} for _ in choices), RATER))
    begun = time.monotonic()
    actions = [action_of(scenario, choice, params.action) for choice in choices]
    async with asyncio.TaskGroup() as group:
        rated = [group.create_task(llm.rate(action, statements)) for action in actions]
        told = [
            group.create_task(llm.explain(action, statements))
            for action in (actions if params.explain else ())
        ]
    ratings = [task.result() for task in rated]
    reasons: Sequence[Sequence[str]] = [task.result() for task in told] or [
        [in_words(*pair) for pair in zip(statements, each, strict=True)] for each in ratings
    ]
    predictions = tuple(
        {
            name: Prediction((estimate(rating),), (reason,), RATER)
            for name, rating, reason in zip(names, each, why, strict=True)
        }
        for each, why in zip(ratings, reasons, strict=True)
    )
    relevance = tuple(
        {name: rating.relevance for name, rating in zip(names, each, strict=True)}
        for each in ratings
    )
    step = Step("rate and explain" if params.explain else "rate", time.monotonic() - begun)
    return Rated(predictions, Relevance(relevance, RATER), (step,))


def in_words(statement: Statement, rating: StatementRating) -> str:
    """A sentence for a rating that the model does not explain."""
    return (
        f"{statement.kind.capitalize()} {statement.text!r}: supports {rating.supports:.0%}, "
        f"opposes {rating.opposes:.0%}, either {rating.either:.0%}; relevant "
        f"{rating.relevance:.0%}."
    )


def make(profile: Profile, params: KaleidoParams, attributes: Attributes) -> Adm:
    """Make a decision-maker that ranks by `[alignment]` (without it by average distance)."""
    function = alignment_function(params_of(profile.alignment))

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        async with asyncio.TaskGroup() as group:
            rating = group.create_task(rate_choices(scenario, targets, llm, params, attributes))
            other = (
                group.create_task(
                    relevance_of(scenario, targets, llm, profile=profile, attributes=attributes)
                )
                if profile.relevance is not None
                else None
            )
        rated = rating.result()
        found = other.result() if other is not None else FoundRelevance(rated.relevance)
        return decide_by_predictions(
            function,
            rated.predictions,
            targets,
            llm.seed,
            relevance=found.relevance,
            history=llm.history,
            responses=found.responses,
            steps=(*rated.steps, *found.steps),
            notes=found.notes,
        )

    return decide


KIND = AdmKind(KaleidoParams, make, prompts=("align_tui.adms.statements:ACTION",))
