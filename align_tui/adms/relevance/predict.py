"""Predict relevance by a profile's `[relevance]` table, for all decision-makers that rank."""

from __future__ import annotations

import time
from dataclasses import replace

from align_tui.adms.base import Llm
from align_tui.adms.relevance.base import FoundRelevance, RelevanceKind
from align_tui.config.profile import MAIN, Profile
from align_tui.config.relevance import RELEVANCE_KINDS, RelevanceParams
from align_tui.config.roles import relevance_role
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Step
from align_tui.core.errors import AdmError
from align_tui.core.predictions import Relevance
from align_tui.core.relevance import binarised, mean_over_choices
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


async def relevance_of(
    scenario: Scenario,
    targets: Targets,
    llm: Llm,
    *,
    profile: Profile,
    attributes: Attributes,
    stream: int = 0,
) -> FoundRelevance:
    """The relevance of the targets' attributes, as the profile's `[relevance]` predicts it.

    Its texts have the streams from `stream` on. It may be awaited beside a decision-maker's own
    requests, so that they share batches. Raises AdmError if the profile has no such table, and
    whatever its predictor raises.
    """
    params = profile.relevance
    if params is None:
        raise AdmError(f"The profile {profile.name} has no [relevance]")
    kind = RELEVANCE_KINDS.get(params.kind)
    if not isinstance(kind, RelevanceKind) or not isinstance(params, kind.params):
        raise AdmError(
            f"The relevance predictor {params.kind!r} does not understand this profile",
            "The run was made with another version of its package. Install that version.",
        )
    role = relevance_role(profile) if params.asks else MAIN
    begun = time.monotonic()
    predict = kind.make(profile, params, attributes)
    found = await predict(scenario, targets, llm.role(role) if role != MAIN else llm, stream)
    return replace(
        found,
        relevance=combined(found.relevance, params),
        steps=(*found.steps, Step(f"relevance {params.kind}", time.monotonic() - begun)),
    )


def combined(relevance: Relevance, params: RelevanceParams) -> Relevance:
    """The relevance after the profile's `combine`: unchanged, or equal for every choice."""
    if params.combine == "none":
        return relevance
    values = mean_over_choices(relevance.by_choice)
    if params.combine == "binarised":
        values = binarised(values, exact=params.exact_ties)
    return Relevance.of_scenario(values, len(relevance.by_choice), relevance.rater)
