"""Baseline: a neutral prompt, the majority of several samples (self-consistency)."""

from __future__ import annotations

from align_tui.adms.base import Adm, Llm
from align_tui.adms.sampling import decide_by_votes
from align_tui.config.profile import BaselineParams, Profile
from align_tui.config.prompts.render import render_messages
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


def make(profile: Profile, params: BaselineParams, attributes: Attributes) -> Adm:
    """A decision-maker whose prompt states no target."""

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        messages = render_messages(profile, scenario, (), attributes, params.reasoning)
        return await decide_by_votes(
            llm, scenario, params, [("positive", messages)] * params.samples
        )

    return decide
