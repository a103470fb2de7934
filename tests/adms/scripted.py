"""Run a decision-maker that rates with a scripted model."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from align_tui.adms.registry import make_adm
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from tools.golden.rating_script import Request as Request
from tools.golden.rating_script import ScriptedLlm as ScriptedLlm


def decide(
    llm: ScriptedLlm,
    scenario: Scenario,
    adm: Mapping[str, Any],
    target: Mapping[str, float],
    known: Attributes | None = None,
    **tables: Any,
) -> Decision:
    """The decision of the profile with these tables; a single error is raised as itself."""
    targets = [{"attribute": name, "value": value} for name, value in target.items()]
    profile = Profile.model_validate({"name": "p", "adm": adm, "target": targets, **tables})
    made = make_adm(profile, known if known is not None else load_attributes())

    async def run() -> Decision:
        try:
            return await made(scenario, profile.target, llm)
        except BaseExceptionGroup as group:
            raise group.exceptions[0] from group

    return asyncio.run(run())
