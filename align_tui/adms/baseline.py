"""Baseline: a neutral prompt, and the majority of several samples (self-consistency)."""

from __future__ import annotations

from pydantic import Field

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.styled import decide_in_style
from align_tui.config.adm_params import Shuffles
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


class BaselineParams(Shuffles):
    """Unaligned: a neutral prompt, and the majority of `samples` replies."""

    samples: int = Field(1, ge=1, le=200)


def make(profile: Profile, params: BaselineParams, attributes: Attributes) -> Adm:
    """Make a decision-maker whose prompt states no target."""

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        asked: list[tuple[str, Targets]] = [("positive", ())] * params.samples
        return await decide_in_style(llm, scenario, profile, params, asked, attributes)

    return decide


KIND = AdmKind(BaselineParams, make)
