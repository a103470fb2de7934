"""Cumulative Jensen-Shannon: the choice that brings all decisions nearest to the distribution.

It is align-system's `CumulativeJsDivergenceKdeAlignment` (commit 6d59f0d). The estimate of an
attribute is made of the mean ratings of the choices that were taken earlier (`history`) and of this
choice (Gaussian, bandwidth 0.075); the distance of the choice is the sum over the attributes of the
Jensen-Shannon distance between the target and that estimate, on 100 points of 0..1. With
`normalisation = "prior"` the target's density is first divided by the labels' prior
(core/kde_priors.py).
"""

from __future__ import annotations

from align_tui.core.alignment.ranking import History, Ranking
from align_tui.core.alignment.ratings import distributions_of, need_choices
from align_tui.core.alignment.rules import EPSILON, Findings, Rule, rank_by_distance
from align_tui.core.alignment.running_kde import Normalisation, normalised, running_distance
from align_tui.core.alignment.speaking import likeliest_sample
from align_tui.core.kde_priors import FACTOR
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets

NAME = "kde_cumulative_js"


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
    epsilon: float = EPSILON,
    normalisation: Normalisation = "none",
    prior_factor: float = FACTOR,
) -> Ranking:
    """Rank by the distance of all decisions; scores are probabilities. `relevance` is not used.

    `prior_factor` (0..1) is the share of the target's density that the prior corrects. Other
    parameters are those of `average_distance.rank`. Raises AlignmentError for a missing rating, an
    attribute without a prior that needs one, a target that is not a distribution, and no targets or
    choices.
    """
    kdes = normalised(distributions_of(targets, NAME), normalisation, prior_factor)
    need_choices(predictions)
    distances = [
        sum(
            target.weight * running_distance(predictions, choice, target.attribute, history, kde)
            for target, kde in kdes
        )
        for choice in range(len(predictions))
    ]
    return rank_by_distance(
        NAME,
        distances,
        Rule(misaligned, probabilistic, exact_ties, epsilon),
        seed,
        likeliest_sample(predictions, kdes, misaligned=misaligned),
        Findings(parameters={"normalisation": normalisation, "prior_factor": prior_factor}),
    )
