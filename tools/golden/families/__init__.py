"""Checks of golden vectors: one module for each family, with a function `check`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from . import (
    average_distance,
    cumulative_average_distance,
    example_selection,
    js_distance_of_kdes,
    kde_cumulative_js,
    kde_max_likelihood,
    kde_relevance_cumulative_js,
    medical_only,
    medical_urgency_midpoint,
    medical_urgency_midpoint_weighted,
    random_effects,
    random_effects_multinomial,
    relevance_average_distance,
    votes,
)

Check: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]
"""A function from a case's input and expected values to their differences (empty: equal)."""

FAMILIES: Mapping[str, Check] = {
    "average_distance": average_distance.check,
    "cumulative_average_distance": cumulative_average_distance.check,
    "js_distance_of_kdes": js_distance_of_kdes.check,
    "kde_cumulative_js": kde_cumulative_js.check,
    "kde_max_likelihood": kde_max_likelihood.check,
    "kde_relevance_cumulative_js": kde_relevance_cumulative_js.check,
    "example_selection": example_selection.check,
    "medical_only": medical_only.check,
    "medical_urgency_midpoint": medical_urgency_midpoint.check,
    "medical_urgency_midpoint_weighted": medical_urgency_midpoint_weighted.check,
    "random_effects": random_effects.check,
    "random_effects_multinomial": random_effects_multinomial.check,
    "relevance_average_distance": relevance_average_distance.check,
    "votes": votes.check,
}
