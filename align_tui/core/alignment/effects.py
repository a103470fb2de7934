"""What both random-effects functions share: which attribute is relevant, and z-scales."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from align_tui.core.alignment.ranking import Ranking, TieBreak, draw_one, tied_best
from align_tui.core.alignment.ratings import (
    effects_of,
    mean,
    need_choices,
    need_targets,
    relevance_in_scenario,
    samples_of,
)
from align_tui.core.errors import AlignmentError
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import RandomEffects, Target, Targets
from align_tui.core.text.plurals import counted
from align_tui.core.types import Json

MEDICAL = "medical"


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and standard deviation of a quantity in the data to which the models were fitted."""

    mean: float
    deviation: float

    def z(self, value: float) -> float:
        """The value in standard deviations from the mean."""
        return (value - self.mean) / self.deviation


Scales = tuple[Scale, Scale]
"""The scales of medical need and of the attribute."""


def scales_of(table: Mapping[str, Scales], attribute: str, choices: int, function: str) -> Scales:
    """The scales of an attribute; raises AlignmentError that names the known ones."""
    found = table.get(attribute)
    if found is None:
        raise AlignmentError(
            f"The alignment function {function!r} has no scale of {attribute!r} for "
            f"{counted(choices, 'choice')}",
            f"It was fitted to: {', '.join(table)}.",
        )
    return found


def relevant_target(targets: Targets, relevance: Relevance | None, function: str) -> Target:
    """The one target whose attribute is relevant; all are, if no relevance is known.

    An attribute that the relevance does not name is not relevant, and medical need is part of every
    model. Raises AlignmentError if none or several are relevant.
    """
    found = [
        target
        for target in need_targets(targets, function)
        if relevance is None or relevance_in_scenario(relevance, target.attribute)
    ]
    if len(found) != 1:
        names = ", ".join(target.attribute for target in found) or "none"
        raise AlignmentError(
            f"The alignment function {function!r} needs exactly one relevant attribute of the "
            f"target, and {'it is' if not found else 'they are'} {names}",
            "Give the profile a target of one attribute, or a decision-maker that says which "
            "attribute is relevant.",
        )
    return found[0]


@dataclass(frozen=True, slots=True)
class Rated:
    """The mean ratings of each choice, and the model of the target that is relevant."""

    attribute: str
    effects: RandomEffects
    medical: tuple[float, ...]
    rated: tuple[float, ...]


def read_ratings(
    predictions: Predictions, targets: Targets, relevance: Relevance | None, function: str
) -> Rated:
    """The ratings that a random-effects model needs; raises AlignmentError if one is missing."""
    need_choices(predictions)
    target = relevant_target(targets, relevance, function)
    effects = effects_of(target, function)
    choices = range(len(predictions))
    return Rated(
        target.attribute,
        effects,
        tuple(mean(samples_of(predictions, i, MEDICAL)) for i in choices),
        tuple(mean(samples_of(predictions, i, target.attribute)) for i in choices),
    )


def rank_by_model(
    name: str,
    scores: tuple[float, ...],
    seed: int,
    details: Mapping[str, Json],
    *,
    misaligned: bool,
    probabilistic: bool,
    exact_ties: bool,
) -> Ranking:
    """Rank choices by the probabilities of a model; of equals the first is taken, as it is there.

    `misaligned` scores by 1 - probability, divided by the sum of these. `probabilistic` draws by
    the scores.
    """
    if misaligned and len(scores) > 1:
        scores = tuple((1.0 - score) / (len(scores) - 1) for score in scores)
    best = tied_best(scores, exact=exact_ties)
    taken, why = best[0], _why(best)
    if probabilistic:
        taken, why = draw_one(scores, seed)
    return Ranking(
        function=name,
        measure="probability",
        scores=scores,
        best=best,
        taken=taken,
        tie_break=why,
        parameters={
            "misaligned": misaligned, "probabilistic": probabilistic, "exact_ties": exact_ties
        },
        sample=0,
        details=details,
    )  # fmt: skip


def _why(best: Sequence[int]) -> TieBreak:
    return "first" if len(best) > 1 else "none"
