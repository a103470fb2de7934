"""Medical only: the choice with the greatest medical need, whatever the target says.

It is align-system's `MedicalOnlyAlignmentADMComponent` (commit 6d59f0d). A tie goes to the first
choice in the scenario's order, as there; with `tie = "seed"` the seed draws among the tied.
"""

from __future__ import annotations

from typing import Literal

from align_tui.core.alignment.ranking import (
    History,
    Ranking,
    TieBreak,
    draw_one,
    take_one,
    tied_best,
)
from align_tui.core.alignment.ratings import mean, need_choices, samples_of, speaking_sample
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets

NAME = "medical_only"
ATTRIBUTE = "medical"


def rank(
    predictions: Predictions,
    targets: Targets,
    relevance: Relevance | None,
    history: History,
    seed: int,
    *,
    misaligned: bool = False,
    probabilistic: bool = False,
    tie: Literal["first", "seed"] = "first",
) -> Ranking:
    """Rank by the mean rating of `medical`; scores are those means (0..1).

    Targets, relevance and history are not used. `misaligned` scores by 1 - mean, so that the least
    urgent choice is the best; `probabilistic` draws the choice in proportion to the scores.
    align-system has neither option. Raises AlignmentError if a choice has no medical rating, or
    if there are no choices.
    """
    need_choices(predictions)
    means = [mean(samples_of(predictions, i, ATTRIBUTE)) for i in range(len(predictions))]
    scores = tuple(1.0 - each if misaligned else each for each in means)
    best = tied_best(scores)
    taken, why = _take(scores, best, seed, tie, probabilistic=probabilistic)
    return Ranking(
        function=NAME,
        measure="medical need" if not misaligned else "1 - medical need",
        scores=scores,
        best=best,
        taken=taken,
        tie_break=why,
        parameters={"misaligned": misaligned, "probabilistic": probabilistic, "tie": tie},
        sample=speaking_sample(predictions, taken, [(ATTRIBUTE, means[taken])]),
    )


def _take(
    scores: tuple[float, ...], best: tuple[int, ...], seed: int, tie: str, *, probabilistic: bool
) -> tuple[int, TieBreak]:
    if probabilistic:
        return draw_one(scores, seed)
    if tie == "first" and len(best) > 1:
        return best[0], "first"
    return take_one(best, seed)
