"""Imported: what another program decided. There is nothing here to decide with."""

from __future__ import annotations

from align_tui.adms.base import Llm
from align_tui.core.decisions import Decision
from align_tui.core.errors import AdmError
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
    """Raises AdmError: only what was imported is there."""
    raise AdmError(
        "This column was imported, and its decision-maker is not here",
        "Decide the scenarios with a profile of your own, and compare the two columns.",
    )
