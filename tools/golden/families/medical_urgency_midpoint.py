"""medical_urgency_midpoint: choice, midpoints and votes of the unweighted component."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from align_tui.core.alignment import medical_urgency_midpoint

from .compare import midpoint_differs, predictions_of, scenario_relevance, targets_of


def check(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case. Ties are exact, as in align-system."""
    names = list(given["predictions"])
    ranking = medical_urgency_midpoint.rank(
        predictions_of(given["predictions"]),
        targets_of(given["targets"]),
        scenario_relevance(given["relevance"], len(names)),
        {},
        0,
        exact_ties=True,
    )
    return midpoint_differs(names, ranking, expected)
