"""random_effects: the choice and the probabilities of the random-effects model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from align_tui.core.alignment import random_effects

from .compare import lists_differ, predictions_of, targets_of, values_differ


def check(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case. Ties are exact, as in align-system."""
    names = list(given["predictions"])
    ranking = random_effects.rank(
        predictions_of(given["predictions"]),
        targets_of(given["targets"]),
        None,
        {},
        0,
        exact_ties=True,
    )
    return [
        *values_differ("chosen", expected["chosen"], names[ranking.taken]),
        *lists_differ("probability", [expected["p_first"]], [ranking.scores[0]]),
    ]
