"""Squared distance: the choice whose mean ratings have the least squared error from the targets.

It is the rule of align-system's old per-choice regression (`outlines_regression_adm.py`,
`average_distribution_matching`, commit 6d59f0d): sum over attributes of (target - mean)^2. There
the first of equal choices wins, as with `tie = "first"`; by default the seed draws among them.
"""

from __future__ import annotations

from typing import Literal

from align_tui.core.alignment.ranking import History, Ranking, TieBreak, take_one, tied_best
from align_tui.core.alignment.ratings import (
    mean,
    need_choices,
    numbers_of,
    samples_of,
    speaking_sample,
)
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets

NAME = "squared_distance"


def rank(
    predictions: Predictions,
    targets: Targets,
    relevance: Relevance | None,
    history: History,
    seed: int,
    *,
    misaligned: bool = False,
    tie: Literal["first", "seed"] = "seed",
) -> Ranking:
    """Rank by the sum of squared errors, each times the target's weight; scores are its negative.

    `relevance` and `history` are not used. `misaligned` prefers the greatest error. Raises
    AlignmentError for a missing prediction, a target that is not a number, no targets, no choices.
    """
    numbers = numbers_of(targets, NAME)
    need_choices(predictions)
    errors = [
        sum(
            target.weight * (value - mean(samples_of(predictions, choice, target.attribute))) ** 2
            for target, value in numbers
        )
        for choice in range(len(predictions))
    ]
    scores = tuple(errors if misaligned else (-error for error in errors))
    best = tied_best(scores)
    taken, why = take_one(best, seed)
    if tie == "first" and len(best) > 1:
        first: TieBreak = "first"
        taken, why = best[0], first
    return Ranking(
        function=NAME,
        measure="squared error" if misaligned else "-squared error",
        scores=scores,
        best=best,
        taken=taken,
        tie_break=why,
        parameters={"misaligned": misaligned, "tie": tie},
        sample=speaking_sample(
            predictions,
            taken,
            [(target.attribute, value) for target, value in numbers],
            misaligned=misaligned,
        ),
        details={"squared_errors": errors},
    )
