"""Baseline: a neutral prompt, and the majority of several samples (self-consistency)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.styled import StyledSample, StyledVotes
from align_tui.config.adm_params import Reasoned, Traits
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


class BaselineParams(Reasoned):
    """Asks with a neutral prompt, and takes the majority of `samples` replies."""

    TRAITS: ClassVar[Traits] = Traits(
        needs_model=True, takes_examples="together", reads_labels=False, order_by_style=True
    )
    samples: int = Field(1, ge=1, le=200)

    @property
    def replies_per_question(self) -> int:
        """The number of its samples."""
        return self.samples


def make(profile: Profile, params: BaselineParams, attributes: Attributes) -> Adm:
    """Make a decision-maker whose prompt states no target. Its examples answer by the target."""
    votes = StyledVotes(profile, params, attributes, ())

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        samples = [StyledSample("positive", (), targets)] * params.samples
        return await votes.decide(llm, scenario, samples)

    return decide


KIND = AdmKind(BaselineParams, make, prompts=("style",))
