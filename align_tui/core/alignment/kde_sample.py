"""Nearest to a random sample: draw a value from each target's distribution, then take the nearest.

It is align-system's `MinDistToRandomSampleKdeAlignment` (commit 6d59f0d): the drawn values are
clamped to 0..1 and used as the targets of average distance. Here the sample's seed draws them, so
that a decision can be repeated, and the ranking records them; align-system's draw fails with numpy
2.4, and is neither seeded nor recorded.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from align_tui.core.alignment import average_distance
from align_tui.core.alignment.ranking import History, Ranking
from align_tui.core.alignment.ratings import distributions_of, need_choices
from align_tui.core.alignment.rules import EPSILON
from align_tui.core.densities import draw
from align_tui.core.predictions import Predictions, Relevance
from align_tui.core.targets import Targets

NAME = "kde_sample"


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
    """Rank by the distance from drawn values; scores are probabilities.

    `relevance` and `history` are not used. Parameters and errors are those of
    `average_distance.rank`, for targets that are distributions.
    """
    need_choices(predictions)
    drawn = draw_targets(targets, seed)
    ranking = average_distance.rank(
        predictions,
        tuple(replace(t, value=value) for t, value in zip(targets, drawn, strict=True)),
        None,
        {},
        seed,
        misaligned=misaligned,
        probabilistic=probabilistic,
        exact_ties=exact_ties,
        epsilon=epsilon,
    )
    names = [target.attribute for target in targets]
    details = {**ranking.details, "drawn_targets": dict(zip(names, drawn, strict=True))}
    return replace(ranking, function=NAME, details=details)


def draw_targets(targets: Targets, seed: int) -> Sequence[float]:
    """A value for each target, drawn from its distribution by `seed` and clamped to 0..1."""
    # Not the stream that breaks ties: a tie's draw must not depend on the drawn value.
    generator = random.Random(f"targets {seed}")
    kdes = [kde for _, kde in distributions_of(targets, NAME)]
    return [min(1.0, max(0.0, draw(kde, generator))) for kde in kdes]
