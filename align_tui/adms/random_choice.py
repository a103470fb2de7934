"""Random: a uniform choice, drawn from the sample's seed."""

from __future__ import annotations

import random

from align_tui.adms.base import Llm
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
    """Choose uniformly; every choice has probability 1/n."""
    n = len(scenario.choices)
    choice = random.Random(llm.seed).randrange(n)
    return Decision(ChoiceAnswer(choice), "Chosen at random.", probabilities=(1 / n,) * n)
