"""Shared by the checks of families: convert inputs, and compare with readable differences."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from align_tui.core.predictions import Prediction, Predictions
from align_tui.core.targets import Target, Targets

RELATIVE = 1e-9
SHARES = 1e-6  # the tolerance for shares of votes, which align-system rounds to six digits


def predictions_of(given: Mapping[str, Mapping[str, Any]]) -> Predictions:
    """Predictions from {choice: {attribute: samples, or one number}}, in the order of choices."""
    return tuple(
        {name: Prediction(_samples(value)) for name, value in by_attribute.items()}
        for by_attribute in given.values()
    )


def _samples(value: Any) -> tuple[float, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(float(each) for each in values)


def targets_of(given: Sequence[Mapping[str, Any]]) -> Targets:
    """Targets from a list of {kdma, value}."""
    return tuple(Target(str(each["kdma"]), float(each["value"])) for each in given)


def numbers_differ(
    what: str,
    expected: Mapping[str, float],
    ours: Mapping[str, float],
    *,
    relative: float = RELATIVE,
    absolute: float = 0.0,
) -> list[str]:
    """The differences between two maps from names to numbers."""
    if expected.keys() != ours.keys():
        return [f"{what}: expected {sorted(expected)}, ours {sorted(ours)}"]
    return [
        f"{what} of {name!r}: expected {value!r}, ours {ours[name]!r}"
        for name, value in expected.items()
        if not math.isclose(value, ours[name], rel_tol=relative, abs_tol=absolute)
    ]


def sets_differ(what: str, expected: Collection[str], ours: Collection[str]) -> list[str]:
    """The differences between two sets of names."""
    if set(expected) == set(ours):
        return []
    return [f"{what}: expected {sorted(expected)}, ours {sorted(ours)}"]


def values_differ(what: str, expected: object, ours: object) -> list[str]:
    """The difference between two values that must be equal."""
    return [] if expected == ours else [f"{what}: expected {expected!r}, ours {ours!r}"]
