"""relevance_average_distance: the ranking of `RelevanceAvgDistScalarAlignment`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from align_tui.core.alignment import relevance_average_distance

from .compare import predictions_of, ranking_differs, relevance_of, targets_of


def check(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case. Ties are exact, as in align-system."""
    names = list(given["predictions"])
    ranking = relevance_average_distance.rank(
        predictions_of(given["predictions"]),
        targets_of(given["targets"]),
        relevance_of(given["relevance"]),
        {},
        0,
        misaligned=bool(given.get("misaligned", False)),
        exact_ties=True,
    )
    return ranking_differs(names, ranking, expected)
