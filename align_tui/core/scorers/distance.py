"""ALIGN's accuracy: a choice is right when its labels are nearest to the target."""

from __future__ import annotations

import math

from align_tui.core.answers import Answer
from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.base import Score, ScorerEntry
from align_tui.core.scorers.labels import TIE, distance, labels_all, score_by
from align_tui.core.targets import Targets


def right_choices(scenario: Scenario, targets: Targets) -> frozenset[int] | None:
    """The choices at the minimum distance, ties included; None without labels."""
    if not labels_all(scenario, targets):
        return None
    distances = [distance(choice, targets) for choice in scenario.choices]
    best = min(distances)
    if math.isinf(best):
        return None
    return frozenset(i for i, each in enumerate(distances) if each <= best + TIE)


def score(answer: Answer, scenario: Scenario, targets: Targets) -> Score:
    """Score whether the choice is one of the nearest, and its distance from the targets."""
    return score_by(right_choices, answer, scenario, targets)


SCORER = ScorerEntry(
    name="distance",
    description="ALIGN's accuracy: the choices whose labels are nearest to the target are right.",
    score=score,
    right_choices=right_choices,
)
