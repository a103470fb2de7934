"""Average distance: the choice whose mean ratings are nearest to the target.

It is align-system's `AvgDistScalarAlignment` (commit 6d59f0d), ALIGN's default: the distance of a
choice is the sum over the target's attributes of |target - mean rating|, and its probability is
the inverse of its distance, divided by the sum of all inverses. Three things differ here:

- Equal distances. By default distances within 1e-9 of each other are equal (ratings .3 and .7 are
  at the same distance from .5), and distances below 1e-9 are 0. With `exact_ties` the last bit of
  a sum decides, as it does in align-system.
- The seed breaks ties, and the ranking records the tied choices; align-system draws from
  Python's unseeded random numbers and records nothing.
- A target's weight multiplies the distance of its attribute; 1, the default, is align-system's.
"""

from __future__ import annotations

from align_tui.core.alignment.ranking import History, Ranking
from align_tui.core.alignment.ratings import (
    mean,
    need_choices,
    numbers_of,
    samples_of,
    speaking,
)
from align_tui.core.alignment.rules import EPSILON, Rule, rank_by_distance
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets

NAME = "average_distance"


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
    """Rank by distance; scores are probabilities. `relevance` and `history` are not used.

    `misaligned` makes probabilities proportional to the distance, so that the farthest choice is
    the best. `probabilistic` draws the choice by the probabilities. `epsilon` (above 0) is added to
    each distance before it is inverted; with align-system's 1e-16 an exact match takes all, and
    with a larger one, such as 0.05, `probabilistic` draws near misses too. Raises AlignmentError
    for a missing prediction, a target without a number, and no targets or choices.
    """
    numbers = numbers_of(targets, NAME)
    need_choices(predictions)
    distances = [
        sum(
            target.weight * abs(value - mean(samples_of(predictions, choice, target.attribute)))
            for target, value in numbers
        )
        for choice in range(len(predictions))
    ]
    rule = Rule(misaligned, probabilistic, exact_ties, epsilon)
    return rank_by_distance(
        NAME, distances, rule, seed, speaking(predictions, numbers, misaligned=misaligned)
    )
