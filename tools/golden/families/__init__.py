"""Checks of golden vectors: one module a family, each with a `check`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from . import average_distance, medical_only, votes

Check: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]
"""From a case's input and expected values to what differs; an empty list: they are equal."""

FAMILIES: Mapping[str, Check] = {
    "average_distance": average_distance.check,
    "medical_only": medical_only.check,
    "votes": votes.check,
}
