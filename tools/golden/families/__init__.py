"""Checks of golden vectors: one module for each family, with a function `check`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from . import average_distance, example_selection, medical_only, votes

Check: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]
"""A function from a case's input and expected values to their differences (empty: equal)."""

FAMILIES: Mapping[str, Check] = {
    "average_distance": average_distance.check,
    "example_selection": example_selection.check,
    "medical_only": medical_only.check,
    "votes": votes.check,
}
