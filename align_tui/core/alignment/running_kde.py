"""The estimate of all decisions with one more, which the cumulative functions compare."""

from __future__ import annotations

from typing import Literal, TypeAlias

from align_tui.core.alignment.ranking import History
from align_tui.core.alignment.ratings import mean, samples_of
from align_tui.core.densities import js_distance, kde_of, on_grid
from align_tui.core.kde_priors import prior_normalised
from align_tui.core.predictions import Predictions
from align_tui.core.targets import Distribution

Normalisation: TypeAlias = Literal["none", "prior"]
"""Whether the estimate of the decisions is divided by the prior of its attribute."""


def running_distance(
    predictions: Predictions,
    choice: int,
    attribute: str,
    history: History,
    target: Distribution,
    *,
    normalisation: Normalisation,
    prior_factor: float,
) -> float:
    """The Jensen-Shannon distance (0..0.8326) of the target from the estimate of all decisions.

    It has the mean rating of the choice and, from `history`, of the choices that were taken before.
    Raises AlignmentError for a missing rating, or an attribute without a prior that needs one.
    """
    now = mean(samples_of(predictions, choice, attribute))
    kde = kde_of([*history.get(attribute, ()), now])
    if normalisation == "prior":
        kde = prior_normalised(kde, attribute, prior_factor)
    return js_distance(on_grid(target), on_grid(kde))
