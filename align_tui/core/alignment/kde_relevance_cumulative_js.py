"""Relevance-weighted cumulative Jensen-Shannon: attributes count by how much they matter.

It is align-system's `RelevanceCumulativeJsDivergenceKdeAlignment` (commit 6d59f0d). The weight of a
choice is the sum over the attributes of relevance / (distance + epsilon), with the distances of
cumulative Jensen-Shannon (kde_cumulative_js.py); its probability is the weight divided by the sum
of all weights. An attribute of relevance 0 needs no rating.
"""

from __future__ import annotations

from align_tui.core.alignment.ranking import TIE, History, Ranking
from align_tui.core.alignment.ratings import distributions_of, need_choices, relevance_of
from align_tui.core.alignment.rules import EPSILON, Findings, Rule, rank_by_weight
from align_tui.core.alignment.running_kde import Normalisation, normalised, running_distance
from align_tui.core.alignment.speaking import likeliest_sample
from align_tui.core.kde_priors import FACTOR
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Distribution, Target, Targets

NAME = "kde_relevance_cumulative_js"


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
    """Rank by the sums of relevance / distance; scores are probabilities.

    Parameters are those of `kde_cumulative_js.rank`. Raises AlignmentError for a missing rating or
    relevance, an attribute without a prior that needs one, a target that is not a distribution, no
    targets or choices.
    """
    kdes = normalised(distributions_of(targets, NAME), normalisation, prior_factor)
    need_choices(predictions)

    def term(choice: int, target: Target, kde: Distribution) -> float:
        matters = relevance_of(relevance, choice, target.attribute, NAME)
        if matters == 0.0:
            return 0.0
        distance = running_distance(predictions, choice, target.attribute, history, kde)
        if distance <= TIE and not exact_ties:
            distance = 0.0
        return target.weight * matters / (distance + epsilon)

    weights = [
        sum(term(choice, target, kde) for target, kde in kdes) for choice in range(len(predictions))
    ]
    return rank_by_weight(
        NAME,
        weights,
        Rule(misaligned, probabilistic, exact_ties, epsilon),
        seed,
        likeliest_sample(predictions, kdes, misaligned=misaligned),
        Findings(parameters={"normalisation": normalisation, "prior_factor": prior_factor}),
    )
