"""Jensen-Shannon: the choice whose ratings are distributed most like the target.

It is align-system's `JsDivergenceKdeAlignment` (commit 6d59f0d), which fails there on ordinary
targets: the distance of a choice is the sum over the attributes of the Jensen-Shannon distance
between the target's estimate and one of the choice's ratings (Gaussian, bandwidth 0.075), on 100
points of 0..1. An attribute adds at most sqrt(ln 2) = 0.8326. Ranking and ties are those of average
distance, and a target's weight multiplies its distance.
"""

from __future__ import annotations

from align_tui.core.alignment.ranking import History, Ranking
from align_tui.core.alignment.ratings import distributions_of, need_choices, samples_of
from align_tui.core.alignment.rules import EPSILON, Rule, rank_by_distance
from align_tui.core.alignment.speaking import likeliest_sample
from align_tui.core.densities import js_distance, kde_of, on_grid
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets

NAME = "kde_js"


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
) -> Ranking:
    """Rank by Jensen-Shannon distance; scores are probabilities. Ignores relevance and history.

    Parameters are those of `average_distance.rank`. Raises AlignmentError for a missing rating, a
    target that is not a distribution, and no targets or choices.
    """
    kdes = distributions_of(targets, NAME)
    need_choices(predictions)
    distances = [
        sum(
            target.weight
            * js_distance(
                on_grid(kde), on_grid(kde_of(samples_of(predictions, choice, target.attribute)))
            )
            for target, kde in kdes
        )
        for choice in range(len(predictions))
    ]
    rule = Rule(misaligned, probabilistic, exact_ties, epsilon)
    sample = likeliest_sample(predictions, kdes, misaligned=misaligned)
    return rank_by_distance(NAME, distances, rule, seed, sample)
