"""Shared by the checks of families: convert inputs, and compare with readable differences."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.targets import (
    KERNELS,
    Distribution,
    RandomEffects,
    Target,
    Targets,
    TargetValue,
)

RELATIVE = 1e-9
KDES = 1e-6  # relative, for densities
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
    """Targets from a list of {kdma, value or parameters} or {attribute, samples, bandwidth}."""
    return tuple(
        Target(str(each.get("kdma", each.get("attribute"))), _value(each)) for each in given
    )


def _value(given: Mapping[str, Any]) -> TargetValue:
    if "samples" in given:
        return kde_of(given)
    value = given.get("value")
    number = None if value is None else float(value)
    parameters = {each["name"]: float(each["value"]) for each in given.get("parameters") or ()}
    if parameters:
        return RandomEffects(**parameters, value=number)
    if number is None:
        raise ValueError("the target has neither a value nor parameters")
    return number


def kde_of(given: Mapping[str, Any]) -> Distribution:
    """A distribution from {samples, bandwidth, kernel}."""
    kernel = next(each for each in KERNELS if each == given["kernel"])
    samples = tuple(float(each) for each in given["samples"])
    return Distribution(samples, float(given["bandwidth"]), "", kernel)


def relevance_of(given: Mapping[str, Mapping[str, Any]] | None) -> Relevance | None:
    """Relevance from {choice: {attribute: one number, or a list}}, in the order of choices."""
    if given is None:
        return None
    return Relevance(tuple(_means(by_attribute) for by_attribute in given.values()))


def scenario_relevance(given: Mapping[str, Any] | None, choices: int) -> Relevance | None:
    """Relevance from {attribute: one number, or a list}, the same for all choices."""
    return None if given is None else Relevance.of_scenario(_means(given), choices)


def _means(given: Mapping[str, Any]) -> dict[str, float]:
    return {name: Prediction(_samples(value)).mean for name, value in given.items()}


def ranking_differs(
    names: Sequence[str],
    ranking: Ranking,
    expected: Mapping[str, Any],
    *,
    relative: float = RELATIVE,
    absolute: float = 0.0,
) -> list[str]:
    """The differences of a ranking from a case's probabilities and its set of best choices."""
    return [
        *numbers_differ(
            "probability",
            expected["probabilities"],
            dict(zip(names, ranking.scores, strict=True)),
            relative=relative,
            absolute=absolute,
        ),
        *sets_differ("best", expected["best"], [names[index] for index in ranking.best]),
        *([] if ranking.taken in ranking.best else ["the taken choice is not among the best"]),
    ]


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


def lists_differ(
    what: str, expected: Sequence[float], ours: Sequence[float], **tolerance: float
) -> list[str]:
    """The differences between two lists of numbers."""
    if len(expected) != len(ours):
        return [f"{what}: expected {len(expected)} numbers, ours {len(ours)}"]
    named = [{str(i): value for i, value in enumerate(each)} for each in (expected, ours)]
    return numbers_differ(what, named[0], named[1], **tolerance)


def midpoint_differs(
    names: Sequence[str], ranking: Ranking, expected: Mapping[str, Any]
) -> list[str]:
    """The differences of a ranking by midpoints from a case's choice, midpoints and votes."""
    told: Any = ranking.details["per_kdma"]
    votes: Any = ranking.details["votes"]
    midpoints = {name: each["midpoint"] for name, each in told.items() if "midpoint" in each}
    return [
        *values_differ("chosen", expected["chosen"], names[ranking.taken]),
        *numbers_differ("midpoint", expected["midpoints"], midpoints),
        *numbers_differ("votes", expected["votes"], votes),
    ]


def sets_differ(what: str, expected: Collection[str], ours: Collection[str]) -> list[str]:
    """The differences between two sets of names."""
    if set(expected) == set(ours):
        return []
    return [f"{what}: expected {sorted(expected)}, ours {sorted(ours)}"]


def values_differ(what: str, expected: object, ours: object) -> list[str]:
    """The difference between two values that must be equal."""
    return [] if expected == ours else [f"{what}: expected {expected!r}, ours {ours!r}"]
