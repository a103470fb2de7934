"""Position of a run's columns: P(first), and what a chooser of one place would score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from align_tui.config.study import Study
from align_tui.core.families import clustering
from align_tui.core.stats.position import (
    AlwaysRate,
    PositionRate,
    always_rates,
)
from align_tui.core.targets import Targets, target_id
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.output.decision_json import target_words, targets_json
from align_tui.output.numbers import point
from align_tui.output.rate_json import mean_json, rate_json

Object = dict[str, Any]
GIVEN = (
    "Accuracy there does not tell values from a preference for a place: show the choices with "
    'order = "shuffled" or "both".'
)
OTHERS = "No column of the run shows its choices in that order alone."
PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


@dataclass(frozen=True, slots=True)
class Always:
    """For one target, the accuracy of choosers that always take the choice at one place.

    `in_given`: a column that is scored against it shows the choices in the scenarios' own order.
    """

    targets: Targets
    rates: tuple[AlwaysRate, ...]
    in_given: bool


def always_of(study: Study) -> tuple[Always, ...]:
    """By each target that a profile of the study is scored against, in order of first mention."""
    found: dict[str, Always] = {}
    clusters = clustering(study.scenarios, study.cluster).of
    for profile in study.profiles:
        for targets in study.scoring_targets(profile):
            key, is_given = target_id(targets), profile.choice_order == "given"
            if key not in found:
                rates = always_rates(study.scenarios, targets, study.scorer, clusters)
                found[key] = Always(targets, rates, False)
            if profile.shows_order and is_given:
                found[key] = replace(found[key], in_given=True)
    return tuple(each for each in found.values() if each.rates)


def position_json(found: PositionRate, always: Sequence[Always]) -> Object:
    """The position of one profile; `always` are those of the targets that it is scored against."""
    return {
        "decisions": found.decisions,
        "first": mean_json(found.first),
        "expected": found.expected,
        "leaves_expected": found.leaves_expected,
        "by_place": list(found.by_place),
        "always": [
            {
                "target": targets_json(each.targets),
                "places": [
                    {
                        **rate_json(one.rate),
                        "chance": one.chance,
                        "p": one.p,
                        "leaves_chance": one.leaves_chance,
                    }
                    for one in each.rates
                ],
            }
            for each in always
        ],
    }


def first_words(found: PositionRate) -> str:
    """`.61 [.52, .70] over 120 decisions (a chooser that sees no order: .50)`, or a dash."""
    if found.first is None or found.expected is None:
        return "–"
    first = found.first
    return (
        f"{point(first.mean)} [{point(first.low)}, {point(first.high)}] over "
        f"{counted(found.decisions, 'decision')} "
        f"(a chooser that sees no order: {point(found.expected)})"
    )


def warning(found: PositionRate) -> str:
    """A sentence if the interval leaves what a chooser has that sees no order; else empty."""
    if found.first is None or found.expected is None or not found.leaves_expected:
        return ""
    first = found.first
    often = "more" if first.mean > found.expected else "less"
    return (
        f"It takes the choice that is shown first {often} often than a chooser that sees no order: "
        f"{point(first.mean)} [{point(first.low)}, {point(first.high)}] over "
        f"{counted(found.decisions, 'decision')}, against {point(found.expected)}."
    )


def always_words(always: Always) -> tuple[str, ...]:
    """A sentence for each place that alone scores more than chance."""
    return tuple(
        f"A column that always takes the {PLACES[one.place]} choice is right in "
        f"{one.rate.correct} of {one.rate.scored} for {one_line(target_words(always.targets), 80)} "
        f"(chance {point(one.chance)}). {GIVEN if always.in_given else OTHERS}"
        for one in always.rates
        if one.wins
    )


def position_lines(
    names: Sequence[str], positions: Sequence[PositionRate], always: Sequence[Always]
) -> list[str]:
    """The lines of `show`: one for each profile whose orders are known, then the warnings."""
    lines = [
        f"{one_line(name)}: chose the first shown in {first_words(found)}"
        + ("  <- prefers a place" if found.leaves_expected else "")
        for name, found in zip(names, positions, strict=True)
        if found.first is not None
    ]
    return [*lines, *(words for each in always for words in always_words(each))]
