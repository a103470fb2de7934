"""Kaleido distance: the choice whose estimates are nearest to the target, by their relevance.

These are the three distances of align-system's earlier Kaleido decision-maker, which it removed
later (last in its commit 30a0ad3). With r the relevance (0..1) of an attribute to a choice, e its
estimate and t the target:

- `divided`: the sum of |e - t| / r;
- `count`: the sum of r |e - t|, divided by the number of attributes;
- `relevance`: the sum of r |e - t|, divided by the sum of r.

There e and t lie in 0..10, here in 0..1, so distances here are a tenth of those; the order is the
same. The first choice at the least distance is taken, as there. A choice to which no attribute is
relevant has no distance by `relevance`; it counts as the farthest here, and a note says so.
"""

from __future__ import annotations

from typing import Literal

from align_tui.core.alignment.ranking import TIE, History, Ranking, TieBreak, take_one, tied_best
from align_tui.core.alignment.ratings import (
    mean,
    need_choices,
    numbers_of,
    samples_of,
    speaking_sample,
)
from align_tui.core.errors import AlignmentError
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets

NAME = "kaleido_distance"
LEAST = 1e-16  # a relevance that distances are divided by
Weighting = Literal["divided", "count", "relevance"]


def rank(
    predictions: Predictions,
    targets: Targets,
    relevance: Relevance | None,
    history: History,
    seed: int,
    *,
    weighting: Weighting = "divided",
    misaligned: bool = False,
    tie: Literal["first", "seed"] = "first",
) -> Ranking:
    """Rank by distance d; scores are the nearness 1 / (1 + d), above 0 and at most 1.

    `misaligned` takes the farthest choice, and scores by 1 - nearness. `history` is not used, and
    neither is a target's weight. Raises AlignmentError for a missing prediction or relevance, a
    target that is a distribution, and no targets or choices.
    """
    numbers = numbers_of(targets, NAME)
    need_choices(predictions)
    notes: list[str] = []
    distances = []
    for choice in range(len(predictions)):
        rows = []
        for target, value in numbers:
            found = mean(samples_of(predictions, choice, target.attribute))
            weight = relevance_of(relevance, choice, target.attribute)
            rows.append((weight, abs(found - value)))
        if weighting == "relevance" and not any(weight for weight, _ in rows):
            notes.append(f"No attribute is relevant to choice {choice + 1}: it counts as farthest.")
        distances.append(_distance(rows, weighting))
    distances = [0.0 if distance <= TIE else distance for distance in distances]
    best = tied_best([d if misaligned else -d for d in distances])
    taken, why = _take(best, seed, tie)
    return Ranking(
        function=NAME,
        measure="1 - nearness" if misaligned else "nearness",
        scores=tuple((d if misaligned else 1.0) / (1.0 + d) for d in distances),
        best=best,
        taken=taken,
        tie_break=why,
        parameters={"weighting": weighting, "misaligned": misaligned, "tie": tie},
        notes=tuple(notes),
        sample=speaking_sample(
            predictions,
            taken,
            [(target.attribute, value) for target, value in numbers],
            misaligned=misaligned,
        ),
        details={"distances": distances},
    )


def relevance_of(relevance: Relevance | None, choice: int, attribute: str) -> float:
    """The relevance of an attribute to a choice; raises AlignmentError if it is missing."""
    by_choice = relevance.by_choice if relevance is not None else ()
    found = by_choice[choice].get(attribute) if choice < len(by_choice) else None
    if found is None:
        raise AlignmentError(
            f"Choice {choice + 1} has no relevance of {attribute!r}",
            f"The alignment function {NAME!r} needs one for every choice and attribute.",
        )
    return found


def _distance(rows: list[tuple[float, float]], weighting: Weighting) -> float:
    """The distance of a choice from (relevance, |estimate - target|) of each attribute."""
    if weighting == "divided":
        return sum(gap / max(weight, LEAST) for weight, gap in rows)
    weighted = sum(weight * gap for weight, gap in rows)
    if weighting == "count":
        return weighted / len(rows)
    total = sum(weight for weight, _ in rows)
    return weighted / total if total else 1.0


def _take(best: tuple[int, ...], seed: int, tie: Literal["first", "seed"]) -> tuple[int, TieBreak]:
    if tie == "first" and len(best) > 1:
        return best[0], "first"
    return take_one(best, seed)
