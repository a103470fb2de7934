"""kde_cumulative_js: the ranking of `CumulativeJsDivergenceKdeAlignment`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from align_tui.core.alignment import kde_cumulative_js

from .compare import KDES, predictions_of, ranking_differs, targets_of


def check(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case. Ties are exact, as in align-system."""
    names = list(given["predictions"])
    ranking = kde_cumulative_js.rank(
        predictions_of(given["predictions"]),
        targets_of(given["targets"]),
        None,
        given.get("history", {}),
        0,
        misaligned=bool(given.get("misaligned", False)),
        exact_ties=True,
    )
    return ranking_differs(names, ranking, expected, relative=KDES)
