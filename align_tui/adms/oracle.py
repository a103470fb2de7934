"""Oracle: knows the labels. It is the upper bound of a scenario set and checks its scoring.

The labels are its predictions, and the profile's alignment function ranks the choices by them.
"""

from __future__ import annotations

import time
from typing import ClassVar

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.predicted import in_words
from align_tui.adms.ranking import alignment_function, rank_some
from align_tui.config.adm_params import AdmParams, Traits
from align_tui.config.alignment import params_of
from align_tui.config.profile import Profile
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision, Step
from align_tui.core.predictions import Prediction, Predictions
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets, target_id

RATER = "labels"


class OracleParams(AdmParams):
    """Knows the labels and takes the choice that the alignment function ranks first by them.

    `inverted` is the function's `misaligned`: the choice that is farthest from the targets.
    """

    TRAITS: ClassVar[Traits] = Traits(
        needs_target=True,
        is_steerable=True,
        takes_distributions=True,
        ranks=True,
        gives_history=True,
    )
    inverted: bool = False


def make(profile: Profile, params: OracleParams, attributes: Attributes) -> Adm:
    """Make a decision-maker that ranks labels by `[alignment]` (without it by average distance).

    The ranking leaves out choices without a label for each attribute of the target. If it leaves
    out all, the decision-maker takes the first choice and says so in the reasoning. Such a decision
    is unscored anyway.
    """
    changes = {"misaligned": True} if params.inverted else {}
    function = alignment_function(params_of(profile.alignment, **changes))

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        predictions = label_predictions(scenario)
        wanted = {target.attribute for target in targets}
        kept = [index for index, each in enumerate(predictions) if wanted <= set(each)]
        if not kept or not scenario.labelled:
            return Decision(
                ChoiceAnswer(0),
                f"No choice is labelled for {target_id(targets)}: the first is taken.",
            )
        begun = time.monotonic()
        ranking = rank_some(function, predictions, kept, targets, llm.history, llm.seed)
        return Decision(
            ChoiceAnswer(ranking.taken),
            in_words(ranking, targets, "labels"),
            notes=ranking.notes,
            predictions=predictions,
            ranking=ranking,
            steps=(Step("rank", time.monotonic() - begun),),
        )

    return decide


def label_predictions(scenario: Scenario) -> Predictions:
    """Turn each label of each choice into a prediction of one sample."""
    return tuple(
        {name: Prediction((value,), rater=RATER) for name, value in choice.labels.items()}
        for choice in scenario.choices
    )


KIND = AdmKind(OracleParams, make)
