"""js_distance_of_kdes: the Jensen-Shannon distance of two estimates on a grid."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from align_tui.core.densities import js_distance, on_grid
from align_tui.core.targets import Distribution

from .compare import KDES, numbers_differ


def check(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case."""
    first, second = (
        on_grid(
            Distribution(tuple(map(float, given[which])), given["bandwidth"]),
            given["grid_points"],
        )
        for which in ("samples_a", "samples_b")
    )
    ours = {"js_distance": js_distance(first, second)}
    return numbers_differ("distance", expected, ours, relative=KDES)
