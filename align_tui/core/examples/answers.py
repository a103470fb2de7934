"""What an example answers: the nearest choice, scores of the choices, or which are relevant.

Formulas as in align-system's example builders (commit 6d59f0d). With `as_reference` their errors
are kept: scores are cut and not rounded, equal scores count as slightly different, and a scenario
without labels takes its first choice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Target, Targets

Degree = Literal["equal", "slight", "plain", "much"]
MUCH, SLIGHT = 75, 25
"""A difference on 0..100 is much from here on, and slight up to here."""
ALL: Final = "*"
"""In a list of attributes, those of the target."""


def example_targets(targets: Targets, names: Sequence[str] = ()) -> Targets:
    """The attributes that examples are about, in order, each once, with the values to come near.

    `names` (without any: those of the targets) may have `*` for those of the targets. An attribute
    without a target has the value 1, so that the example takes its highest label.
    """
    own = {target.attribute: target for target in targets}
    listed = [each for name in names or (ALL,) for each in (own if name == ALL else (name,))]
    return tuple(own.get(name, Target(name, 1.0)) for name in dict.fromkeys(listed))


def nearest_choice(
    scenario: Scenario, targets: Targets, *, as_reference: bool = False
) -> int | None:
    """The index (from 0) of the choice whose labels are nearest to the targets; None without one.

    The distance is the sum of weight x |label - target| over those targets with a number that the
    scenario has labels for. The first of equals is taken. A choice that lacks one of these labels
    is not.
    """
    known = [
        (target, target.point)
        for target in targets
        if target.attribute in scenario.labelled and target.point is not None
    ]
    found = [
        (math.fsum(t.weight * abs(choice.labels[t.attribute] - at) for t, at in known), index)
        for index, choice in enumerate(scenario.choices)
        if known and all(target.attribute in choice.labels for target, _ in known)
    ]
    if not found:
        return 0 if as_reference and scenario.choices else None
    return min(found)[1]


def integer_score(label: float, factor: int = 100, *, as_reference: bool = False) -> int:
    """A label (0..1) on the scale 0..factor, rounded; with `as_reference` cut (.29 gives 28)."""
    return int(label * factor) if as_reference else round(label * factor)


def scores_of(
    scenario: Scenario, attribute: str, factor: int = 100, *, as_reference: bool = False
) -> dict[int, int]:
    """The score (0..factor) of each labelled choice, by the index of the choice."""
    return {
        index: integer_score(choice.labels[attribute], factor, as_reference=as_reference)
        for index, choice in enumerate(scenario.choices)
        if attribute in choice.labels
    }


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two choices by their scores. With the degree `equal`, `greater` is the first of them."""

    greater: int
    lesser: int
    degree: Degree


def compared(
    scores: Mapping[int, int], factor: int = 100, *, as_reference: bool = False
) -> Comparison | None:
    """The choice with the highest score against the one with the lowest; None for fewer than two.

    The first of equals is taken. With `as_reference` only the first two choices are compared, and
    equal ones differ slightly.
    """
    listed = list(scores)[:2] if as_reference else list(scores)
    if len(listed) < 2:
        return None
    greater = max(listed, key=lambda i: scores[i])
    lesser = min((i for i in listed if i != greater), key=lambda i: scores[i])
    difference = (scores[greater] - scores[lesser]) * 100 / factor
    if difference == 0 and not as_reference:
        return Comparison(greater, lesser, "equal")
    if difference >= MUCH:
        return Comparison(greater, lesser, "much")
    return Comparison(greater, lesser, "slight" if difference <= SLIGHT else "plain")


def relevant_choices(scenario: Scenario, attribute: str) -> tuple[bool, ...]:
    """Is the attribute relevant to each choice? It is where the choice has a label for it."""
    return tuple(attribute in choice.labels for choice in scenario.choices)
