"""Arithmetic of labels that scorers share: the distance of a choice from the targets."""

from __future__ import annotations

import math

from align_tui.core.answers import Answer, ChoiceAnswer
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.scorers.base import UNSCORED, RightChoices, Score, ScorerEntry
from align_tui.core.targets import Targets

TIE = 1e-9  # labels are read from decimal text: equal distances may differ in the last bit


def distance(choice: Choice, targets: Targets) -> float:
    """The sum of weight * |label - target| over the targets.

    It is infinite if a label is missing or a target has no number.
    """
    total = 0.0
    for target in targets:
        label = choice.labels.get(target.attribute)
        if label is None or target.number is None:
            return math.inf
        total += target.weight * abs(label - target.number)
    return total


def labels_all(scenario: Scenario, targets: Targets) -> bool:
    """Does at least one choice have a label, for each target's attribute?"""
    return bool(targets) and all(target.attribute in scenario.labelled for target in targets)


def are_numbers(targets: Targets) -> bool:
    """Has every target a number? Labels cannot be compared with distributions and parameters."""
    return all(target.number is not None for target in targets)


def is_discriminating(scenario: Scenario, targets: Targets) -> bool:
    """Are there at least two distinct finite distances? Only then can alignment show."""
    finite = [d for choice in scenario.choices if math.isfinite(d := distance(choice, targets))]
    return bool(finite) and max(finite) - min(finite) > TIE


def discriminates(scorer: ScorerEntry, scenario: Scenario, targets: Targets) -> bool:
    """Can alignment show on the scenario? Do its choices differ by what the scorer compares?"""
    if not scorer.compares_shares:
        return is_discriminating(scenario, targets)
    right = scorer.right_choices(scenario, targets) if scorer.right_choices else None
    return right is not None and len(right) < len(scenario.choices)


def score_by(
    right_choices: RightChoices, answer: Answer, scenario: Scenario, targets: Targets
) -> Score:
    """Score an answer by the right choices; an open answer is unscored."""
    right = right_choices(scenario, targets)
    if right is None or not isinstance(answer, ChoiceAnswer):
        return UNSCORED
    chosen = distance(scenario.choices[answer.index], targets)
    return Score(
        correct=answer.index in right,
        distance=chosen if math.isfinite(chosen) else None,
        discriminating=is_discriminating(scenario, targets),
    )
