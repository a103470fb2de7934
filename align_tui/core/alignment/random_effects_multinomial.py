"""Multinomial random effects: a person's fitted model says how likely each of 1 to 3 choices is.

It is align-system's `MultinomialRandomEffectsModelAlignmentADMComponent` (commit 6d59f0d). The last
choice is the reference, with y = 0. Of every other choice k,

    y_k = intercept + medical_weight (z(m_k) - z(m_last)) + attr_weight (z(a_k) - z(a_last))

with m and a the mean ratings of medical need and of the relevant attribute, and z the scale of the
data to which the models were fitted. The probabilities are the softmax of all y.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from align_tui.core.alignment.effects import Scale, Scales, rank_by_model, read_ratings, scales_of
from align_tui.core.alignment.ranking import History, Ranking
from align_tui.core.densities import log_sum_exp
from align_tui.core.errors import AlignmentError
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets

NAME = "random_effects_multinomial"
MOST = 3

SCALES: Mapping[int, Mapping[str, Scales]] = {
    2: {
        "affiliation": (Scale(0.589, 0.330), Scale(0.703, 0.365)),
        "merit": (Scale(0.576, 0.339), Scale(0.671, 0.381)),
        "personal_safety": (Scale(0.228, 0.287), Scale(0.777, 0.309)),
        "search": (Scale(0.263, 0.365), Scale(0.286, 0.325)),
    },
    3: {
        "affiliation": (Scale(0.710999, 0.2679443), Scale(0.6889549, 0.3622916)),
        "personal_safety": (Scale(0.2345793, 0.233811), Scale(0.6911494, 0.3110608)),
    },
}
"""Scales of medical need and of the attribute, by the number of choices and by attribute."""


def rank(
    predictions: Predictions,
    targets: Targets,
    relevance: Relevance | None,
    history: History,
    seed: int,
    *,
    misaligned: bool = False,
    probabilistic: bool = False,
    exact_ties: bool = False,
) -> Ranking:
    """Rank up to three choices by their probabilities under the model. `history` is not used.

    Parameters and errors are those of `random_effects.rank`, except that it takes one to three
    choices. Of equal probabilities the first is taken, as in align-system.
    """
    given = read_ratings(predictions, targets, relevance, NAME)
    choices = len(predictions)
    if choices > MOST:
        raise AlignmentError(
            f"The alignment function {NAME!r} ranks up to {MOST} choices, but there are {choices}",
            "Leave out the scenario, or choose another function under [alignment].",
        )
    logits = [0.0]
    if choices > 1:
        medical, attribute = scales_of(SCALES[choices], given.attribute, choices, NAME)
        need = [medical.z(each) for each in given.medical]
        rated = [attribute.z(each) for each in given.rated]
        effects = given.effects
        logits = [
            effects.intercept
            + effects.medical_weight * (need[k] - need[-1])
            + effects.attr_weight * (rated[k] - rated[-1])
            for k in range(choices - 1)
        ] + [0.0]
    total = log_sum_exp(logits)
    probabilities = tuple(math.exp(logit - total) for logit in logits)
    return rank_by_model(
        NAME,
        probabilities,
        seed,
        {"attribute": given.attribute, "logits": logits, "p_choices": list(probabilities)},
        misaligned=misaligned,
        probabilistic=probabilistic,
        exact_ties=exact_ties,
    )
