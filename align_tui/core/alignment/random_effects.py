"""Random effects: a person's fitted model says how likely each of two choices is.

It is align-system's `RandomEffectsModelAlignmentADMComponent` (commit 6d59f0d). With A the first
choice, B the second, m and a the mean ratings of medical need and of the relevant attribute,

    x_m = m_A - m_B        x_a = a_A (for `search`: a_B)
    y   = intercept + medical_weight z(x_m) + attr_weight z(x_a)
    P(A) = 1 / (1 + exp(-y))

where z puts x on the scale of the data to which the models were fitted. A is taken if P(A) is at
least one half. Large y are not an error here (align-system overflows).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from align_tui.core.alignment.effects import Scale, Scales, rank_by_model, read_ratings, scales_of
from align_tui.core.alignment.ranking import History, Ranking
from align_tui.core.errors import AlignmentError
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets

NAME = "random_effects"

SCALES: Mapping[str, Scales] = {
    "affiliation": (Scale(0.403801, 0.297245), Scale(0.405073, 0.298288)),
    "merit": (Scale(0.428961, 0.301250), Scale(0.337618, 0.272520)),
    "personal_safety": (Scale(0.456221, 0.246484), Scale(0.554813, 0.303567)),
    "search": (Scale(0.525886, 0.357475), Scale(0.571051, 0.219335)),
}
"""Scales of x_m and x_a, by attribute."""
OF_SECOND = frozenset({"search"})
"""Attributes whose x_a is the rating of the second choice."""


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
) -> Ranking:
    """Rank two choices by their probabilities under the model. `history` is not used.

    `relevance` says which attribute of the target counts; without it the target has one attribute.
    `probabilistic` draws by the probabilities, and `misaligned` swaps them. Raises AlignmentError
    for other than two choices, a missing rating, a target without parameters, an attribute without
    a scale, and unless exactly one attribute is relevant.
    """
    given = read_ratings(predictions, targets, relevance, NAME)
    if len(predictions) != 2:
        raise AlignmentError(
            f"The alignment function {NAME!r} needs two choices, but there are {len(predictions)}",
            "Leave out the scenario, or use random_effects_multinomial.",
        )
    medical, attribute = scales_of(SCALES, given.attribute, 2, NAME)
    effects = given.effects
    odds = (
        effects.intercept
        + effects.medical_weight * medical.z(given.medical[0] - given.medical[1])
        + effects.attr_weight * attribute.z(given.rated[given.attribute in OF_SECOND])
    )
    first = logistic(odds)
    return rank_by_model(
        NAME,
        (first, logistic(-odds)),
        seed,
        {"attribute": given.attribute, "log_odds": odds, "p_choose_a": first},
        misaligned=misaligned,
        probabilistic=probabilistic,
        exact_ties=exact_ties,
    )


def logistic(odds: float) -> float:
    """1 / (1 + exp(-odds)), without overflow."""
    if odds >= 0.0:
        return 1.0 / (1.0 + math.exp(-odds))
    small = math.exp(odds)
    return small / (1.0 + small)
