"""Baseline: a neutral prompt, and the majority of several samples (self-consistency)."""

from __future__ import annotations

from pydantic import Field

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.sampling import decide_by_votes
from align_tui.config.adm_params import Reasoned
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


class BaselineParams(Reasoned):
    """Unaligned: a neutral prompt, and the majority of `samples` replies."""

    samples: int = Field(1, ge=1, le=200)


def make(profile: Profile, params: BaselineParams, attributes: Attributes) -> Adm:
    """Make a decision-maker whose prompt states no target."""
    from align_tui.config.prompts.render import render_messages  # Jinja; the screen reads KIND

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        messages = render_messages(profile, scenario, (), attributes, params.reasoning)
        return await decide_by_votes(
            llm, scenario, params, [("positive", messages)] * params.samples
        )

    return decide


KIND = AdmKind(BaselineParams, make)
