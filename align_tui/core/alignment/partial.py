"""Rank some of the choices where others have no rating, as a ranking of all of them."""

from __future__ import annotations

from dataclasses import replace

from align_tui.core.alignment.ranking import AlignmentFunction, History, Ranking
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets
from align_tui.core.types import Json

LEFT_OUT = "left out of the ranking: not labelled for the target"
UNRANKED = "No choice is rated for the target, so none is ranked, and the first is chosen."


def rated_choices(predictions: Predictions, targets: Targets) -> list[int]:
    """The choices (indices from 0) with a prediction for each attribute of the target."""
    wanted = {target.attribute for target in targets}
    return [index for index, each in enumerate(predictions) if wanted <= set(each)]


def unranked(function: str, choices: int) -> Ranking:
    """The ranking of choices of which none is rated: all are equal, and the first is taken."""
    return Ranking(
        function,
        "no rating",
        (0.0,) * choices,
        tuple(range(choices)),
        0,
        "first" if choices > 1 else "none",
        notes=(UNRANKED,),
    )


def rank_some(
    function: AlignmentFunction,
    predictions: Predictions,
    kept: list[int],
    targets: Targets,
    seed: int,
    *,
    relevance: Relevance | None = None,
    history: History | None = None,
) -> Ranking:
    """Rank the choices `kept` (indices from 0, at least one), as a ranking of all choices.

    A choice that is left out shares the lowest score, or has probability 0, and a note names it.
    Raises AlignmentError if predictions are missing.
    """
    if len(kept) == len(predictions):
        return function(predictions, targets, relevance, history or {}, seed)
    if relevance is not None:
        relevance = replace(relevance, by_choice=tuple(relevance.by_choice[i] for i in kept))
    rated = tuple(predictions[i] for i in kept)
    part = function(rated, targets, relevance, history or {}, seed)
    least = 0.0 if part.measure == "probability" else min(part.scores)
    scores = [least] * len(predictions)
    for index, score in zip(kept, part.scores, strict=True):
        scores[index] = score
    left = [str(i + 1) for i in range(len(predictions)) if i not in kept]
    names = f"Choice {left[0]} is" if len(left) == 1 else f"Choices {', '.join(left)} are"
    return replace(
        part,
        scores=tuple(scores),
        best=tuple(kept[i] for i in part.best),
        taken=kept[part.taken],
        notes=(*part.notes, f"{names} {LEFT_OUT}."),
        details={
            name: _spread(value, kept, len(predictions)) for name, value in part.details.items()
        },
    )


def _spread(value: Json, kept: list[int], choices: int) -> Json:
    """Turn a list with a value for each ranked choice into one for each choice; keep others."""
    if not isinstance(value, list) or len(value) != len(kept):
        return value
    found: list[Json] = [None] * choices
    for index, each in zip(kept, value, strict=True):
        found[index] = each
    return found
