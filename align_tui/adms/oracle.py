"""Oracle: knows the labels. It is the upper bound of a scenario set and checks its scoring.

The labels are its predictions, and the profile's alignment function ranks the choices by them.
"""

from __future__ import annotations

import time
from typing import ClassVar

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.predicted import in_words
from align_tui.adms.ranking import alignment_function, rank_some, rated_choices
from align_tui.adms.relevance import labels
from align_tui.adms.relevance.predict import relevance_of
from align_tui.config.adm_params import AdmParams, Traits
from align_tui.config.alignment import params_of
from align_tui.config.profile import Profile
from align_tui.core.alignment.registry import FUNCTIONS
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision, Step
from align_tui.core.predictions import Prediction, Predictions
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets, target_id

RATER = "labels"


class OracleParams(AdmParams):
    """Knows the labels and takes the choice that the alignment function ranks first by them.

    An attribute is relevant to it if any choice has a label of it, unless the profile has a
    `[relevance]`.

    `inverted` is the function's `misaligned`: the choice that is farthest from the targets.
    """

    TRAITS: ClassVar[Traits] = Traits(
        needs_target=True,
        is_steerable=True,
        takes_distributions=True,
        ranks=True,
        gives_history=True,
        gives_relevance=True,
        takes_relevance=True,
    )
    inverted: bool = False


def make(profile: Profile, params: OracleParams, attributes: Attributes) -> Adm:
    """Make a decision-maker that ranks labels by `[alignment]` (without it by average distance).

    The ranking leaves out choices without a label for each attribute of the target. If it leaves
    out all, the decision-maker takes the first choice and says so in the reasoning. Such a decision
    is unscored anyway.
    """
    changes = {"misaligned": True} if params.inverted else {}
    ranked_by = params_of(profile.alignment, **changes)
    function = alignment_function(ranked_by)
    takes_relevance = FUNCTIONS.get(ranked_by.function).needs_relevance

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        predictions = label_predictions(scenario)
        kept = rated_choices(predictions, targets)
        if not kept or not scenario.labelled:
            return Decision(
                ChoiceAnswer(0),
                f"No choice is labelled for {target_id(targets)}: the first is taken.",
            )
        found = labels.found_in(scenario, targets) if takes_relevance else None
        if profile.relevance is not None:
            found = await relevance_of(
                scenario, targets, llm, profile=profile, attributes=attributes
            )
        relevance = found.relevance if found is not None else None
        begun = time.monotonic()
        ranking = rank_some(function, predictions, kept, targets, llm.history, llm.seed, relevance)
        return Decision(
            ChoiceAnswer(ranking.taken),
            in_words(ranking, targets, "labels"),
            responses=found.responses if found is not None else (),
            notes=(*(found.notes if found is not None else ()), *ranking.notes),
            predictions=predictions,
            relevance=relevance,
            ranking=ranking,
            steps=(
                *(found.steps if found is not None else ()),
                Step("rank", time.monotonic() - begun),
            ),
        )

    return decide


def label_predictions(scenario: Scenario) -> Predictions:
    """Turn each label of each choice into a prediction of one sample."""
    return tuple(
        {name: Prediction((value,), rater=RATER) for name, value in choice.labels.items()}
        for choice in scenario.choices
    )


KIND = AdmKind(OracleParams, make)
