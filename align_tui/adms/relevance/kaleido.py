"""`kaleido`: a model of statements says how relevant each attribute's statement is to a choice."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from align_tui.adms.base import Llm
from align_tui.adms.relevance.base import FoundRelevance, Predictor, RelevanceKind, names_of
from align_tui.adms.statements import States, action_of, statement_of
from align_tui.config.backbone_kinds import Capability
from align_tui.config.profile import Profile
from align_tui.config.relevance import RelevanceParams
from align_tui.core.attributes import Attributes
from align_tui.core.predictions import Relevance
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets

RATER = "kaleido"


class KaleidoRelevanceParams(RelevanceParams, States):
    """Relevance (0..1) is the model's probability that a statement bears on the choice.

    The model in the role `relevance` must rate statements: `[models.relevance] use =
    "kaleido-large"`.
    """

    asks: ClassVar[frozenset[Capability]] = frozenset({"rates_statements"})


def make(profile: Profile, params: KaleidoRelevanceParams, attributes: Attributes) -> Predictor:
    """Make a predictor that has each attribute's statement rated for each choice."""

    async def predict(
        scenario: Scenario, targets: Targets, llm: Llm, stream: int
    ) -> FoundRelevance:
        names = names_of(targets)
        statements = [statement_of(name, params, attributes) for name in names]
        if not statements:
            return FoundRelevance.for_all({}, scenario, RATER)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(llm.rate(action_of(scenario, choice, params.action), statements))
                for choice in range(len(scenario.choices))
            ]
        return FoundRelevance(
            Relevance(
                tuple(
                    {
                        name: rating.relevance
                        for name, rating in zip(names, task.result(), strict=True)
                    }
                    for task in tasks
                ),
                RATER,
            )
        )

    return predict


KIND = RelevanceKind(KaleidoRelevanceParams, make, prompts=("align_tui.adms.statements:ACTION",))
