"""Fixed: always the choice at one index."""

from __future__ import annotations

from align_tui.adms.base import Adm, Llm
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


def make(index: int) -> Adm:
    """A decision-maker that takes choice `index` (from 0), or the last where there are fewer."""

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        choice = min(index, len(scenario.choices) - 1)
        return Decision(ChoiceAnswer(choice), f"Always choice {index + 1}.")

    return decide
