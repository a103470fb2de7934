"""average_distance: the probabilities and the best choices of `AvgDistScalarAlignment`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from align_tui.core.alignment import average_distance

from .compare import predictions_of, ranking_differs, targets_of


def check(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case. Ties are exact, as in align-system."""
    names = list(given["predictions"])
    ranking = average_distance.rank(
        predictions_of(given["predictions"]),
        targets_of(given["targets"]),
        None,
        {},
        0,
        misaligned=bool(given.get("misaligned", False)),
        exact_ties=True,
    )
    return ranking_differs(names, ranking, expected)
