"""The estimate of all decisions with one more, which the cumulative functions compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from align_tui.core.alignment.ranking import History
from align_tui.core.alignment.ratings import mean, samples_of
from align_tui.core.densities import js_distance, kde_of, on_grid
from align_tui.core.kde_priors import prior_normalised
from align_tui.core.predictions import Predictions
from align_tui.core.targets import Distribution, Target

Normalisation: TypeAlias = Literal["none", "prior"]
"""Whether the target's density is divided by the prior of its attribute."""


def normalised(
    kdes: Sequence[tuple[Target, Distribution]], normalisation: Normalisation, prior_factor: float
) -> list[tuple[Target, Distribution]]:
    """The targets' distributions, corrected by the priors of their attributes if that is asked for.

    Raises AlignmentError for an attribute without a prior.
    """
    if normalisation == "none":
        return list(kdes)
    return [(target, prior_normalised(kde, target.attribute, prior_factor)) for target, kde in kdes]


def running_distance(
    predictions: Predictions,
    choice: int,
    attribute: str,
    history: History,
    target: Distribution,
) -> float:
    """The Jensen-Shannon distance (0..0.8326) of the target from the estimate of all decisions.

    It has the mean rating of the choice and, from `history`, of the choices that were taken before.
    Raises AlignmentError for a missing rating.
    """
    now = mean(samples_of(predictions, choice, attribute))
    kde = kde_of([*history.get(attribute, ()), now])
    return js_distance(on_grid(target), on_grid(kde))
