"""Compare the distribution that a decision expresses with the shares of the target's group.

The target names the group, as an attribute. A choice is right when no other choice has a larger
share of the group; the distance is that between the two distributions, and 1 minus it is the
similarity that the field reports.
"""

from __future__ import annotations

from collections.abc import Callable

from align_tui.core.answers import Answer, ChoiceAnswer
from align_tui.core.decisions import Decision
from align_tui.core.opinion import Shares, expressed, jensen_shannon, total_variation, wasserstein
from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.base import UNSCORED, Score, ScorerEntry
from align_tui.core.scorers.labels import TIE, are_numbers
from align_tui.core.targets import Targets

Distance = Callable[[Shares, Shares], float]


def groups_of(scenario: Scenario, targets: Targets) -> list[tuple[float, ...]] | None:
    """The shares of each target's group; None if one is unknown, or a target is not a number.

    A low target (at or below one half) asks for people outside the group, whose shares no file
    has.
    """
    found = [scenario.shares.get(target.attribute) for target in targets]
    known = [shares for shares in found if shares is not None]
    are_high = are_numbers(targets) and all(t.direction == "high" for t in targets)
    return known if known and len(known) == len(targets) and are_high else None


def right_choices(scenario: Scenario, targets: Targets) -> frozenset[int] | None:
    """The choices with the largest share, summed over the groups by the targets' weights."""
    groups = groups_of(scenario, targets)
    if groups is None:
        return None
    weights = [target.weight for target in targets]
    sums = [
        sum(weight * share for weight, share in zip(weights, column, strict=True))
        for column in zip(*groups, strict=True)
    ]
    return frozenset(i for i, each in enumerate(sums) if each >= max(sums) - TIE)


def _entry(
    name: str, description: str, distance: Distance, *, ordinal: bool = False
) -> ScorerEntry:
    def compare(choice: int, stated: Shares, scenario: Scenario, targets: Targets) -> Score:
        groups, right = groups_of(scenario, targets), right_choices(scenario, targets)
        if groups is None or right is None or (ordinal and not scenario.ordinal):
            return UNSCORED
        apart = sum(
            target.weight * distance(stated, shares)
            for target, shares in zip(targets, groups, strict=True)
        )
        return Score(choice in right, apart, len(right) < len(scenario.choices))

    def score(answer: Answer, scenario: Scenario, targets: Targets) -> Score:
        """Score an answer without its decision: all of the distribution is on its choice."""
        if not isinstance(answer, ChoiceAnswer):
            return UNSCORED
        alone = [float(i == answer.index) for i in range(len(scenario.choices))]
        return compare(answer.index, alone, scenario, targets)

    def score_decision(decision: Decision, scenario: Scenario, targets: Targets) -> Score:
        """Score the distribution that the decision expresses."""
        stated = expressed(decision, len(scenario.choices))
        if stated is None or decision.choice is None:
            return UNSCORED
        return compare(decision.choice, stated, scenario, targets)

    def right(scenario: Scenario, targets: Targets) -> frozenset[int] | None:
        if ordinal and not scenario.ordinal:
            return None
        return right_choices(scenario, targets)

    return ScorerEntry(
        name=name,
        description=description,
        score=score,
        score_decision=score_decision,
        right_choices=right,
        compares_shares=True,
    )


JENSEN_SHANNON = _entry(
    "jensen_shannon",
    "Jensen-Shannon distance (base 2) of the decision's distribution from the group's shares.",
    jensen_shannon,
)
WASSERSTEIN = _entry(
    "wasserstein",
    "Wasserstein distance from the group's shares, for scenarios with ordinal choices.",
    wasserstein,
    ordinal=True,
)
TOTAL_VARIATION = _entry(
    "total_variation",
    "Half the summed difference between the decision's distribution and the group's shares.",
    total_variation,
)
