"""Oracle: knows the labels. The upper bound of a scenario set, and a check of its scoring."""

from __future__ import annotations

import math

from align_tui.adms.base import Adm, Llm
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.labels import distance
from align_tui.core.targets import Targets, target_id


def make(inverted: bool = False) -> Adm:
    """The choice at the smallest distance to the targets (inverted: at the largest finite one).

    Where nothing is labelled it takes the first and says so; such a decision is unscored anyway.
    """

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        distances = [distance(choice, targets) for choice in scenario.choices]
        finite = [i for i, d in enumerate(distances) if math.isfinite(d)]
        name = target_id(targets)
        if not finite:
            return Decision(
                ChoiceAnswer(0), f"No choice is labelled for {name}: the first is taken."
            )
        choice = (max if inverted else min)(finite, key=distances.__getitem__)
        word = "farthest from" if inverted else "nearest to"
        return Decision(
            ChoiceAnswer(choice), f"The labels put it {word} {name}, at {distances[choice]:.3g}."
        )

    return decide
