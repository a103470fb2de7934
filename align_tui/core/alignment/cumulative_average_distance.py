"""Cumulative average distance: the choice that brings the mean of all decisions to the target.

It is align-system's `CumulativeAvgDistScalarAlignment` (commit 6d59f0d). For each attribute the
mean rating of the choice is averaged with those of the choices that were taken earlier (`history`);
the distance of the choice is the sum over the attributes of |target - that average|. Ranking, ties
and weights are those of average distance (average_distance.py).
"""

from __future__ import annotations

from align_tui.core.alignment.ranking import History, Ranking
from align_tui.core.alignment.ratings import mean, need_choices, numbers_of, samples_of, speaking
from align_tui.core.alignment.rules import EPSILON, Rule, rank_by_distance
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets

NAME = "cumulative_average_distance"


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
    """Rank by the distance of the running averages; scores are probabilities.

    An attribute that `history` does not have begins with this decision. `relevance` is not used.
    Parameters and errors are those of `average_distance.rank`.
    """
    numbers = numbers_of(targets, NAME)
    need_choices(predictions)
    distances = []
    for choice in range(len(predictions)):
        total = 0.0
        for target, value in numbers:
            now = mean(samples_of(predictions, choice, target.attribute))
            average = mean([*history.get(target.attribute, ()), now])
            total += target.weight * abs(value - average)
        distances.append(total)
    rule = Rule(misaligned, probabilistic, exact_ties, epsilon)
    return rank_by_distance(
        NAME, distances, rule, seed, speaking(predictions, numbers, misaligned=misaligned)
    )
