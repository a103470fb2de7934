"""Relevance-weighted average distance: attributes count by how much they matter for a choice.

It is align-system's `RelevanceAvgDistScalarAlignment` (commit 6d59f0d). The weight of a choice is
the sum over the target's attributes of relevance / (|target - mean rating| + epsilon), and its
probability the weight divided by the sum of all weights. If every relevance is 0, all choices tie
with probability 0, as there. Two things differ here: ties are seeded, recorded and, without
`exact_ties`, not decided by the last bit; an attribute of relevance 0 needs no rating.
"""

from __future__ import annotations

from align_tui.core.alignment.ranking import TIE, History, Ranking
from align_tui.core.alignment.ratings import (
    mean,
    need_choices,
    numbers_of,
    relevance_of,
    samples_of,
    speaking,
)
from align_tui.core.alignment.rules import EPSILON, Rule, rank_by_weight
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Target, Targets

NAME = "relevance_average_distance"


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
    """Rank by the sums of relevance / distance; scores are probabilities. Ignores `history`.

    Parameters are those of `average_distance.rank`. Raises AlignmentError for a missing rating or
    relevance, a target without a number, and no targets or choices.
    """
    numbers = numbers_of(targets, NAME)
    need_choices(predictions)

    def term(choice: int, target: Target, value: float) -> float:
        matters = relevance_of(relevance, choice, target.attribute, NAME)
        if matters == 0.0:
            return 0.0
        distance = abs(value - mean(samples_of(predictions, choice, target.attribute)))
        if distance <= TIE and not exact_ties:
            distance = 0.0
        return target.weight * matters / (distance + epsilon)

    weights = [
        sum(term(choice, target, value) for target, value in numbers)
        for choice in range(len(predictions))
    ]
    rule = Rule(misaligned, probabilistic, exact_ties, epsilon)
    return rank_by_weight(
        NAME, weights, rule, seed, speaking(predictions, numbers, misaligned=misaligned)
    )
