"""Prompt-aligned (zero-shot): the prompt states the targets; positive and negative samples vote.

As in ALIGN (arXiv 2507.09037), a positive sample's prompt states the target, a negative one's the
opposite target (1 - value).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from pydantic import Field

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.styled import StyledSample, StyledVotes
from align_tui.config.adm_params import Reasoned, Traits
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.choice_order import NEGATIVE
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


class PromptAlignedParams(Reasoned):
    """States the targets in the prompt, and lets positive and negative samples vote."""

    TRAITS: ClassVar[Traits] = Traits(
        needs_model=True,
        needs_target=True,
        is_steerable=True,
        states_target=True,
        first_prompt_tells="values",
        takes_examples="together",
        reads_labels=False,
        order_by_style=True,
    )
    STYLED: ClassVar[Mapping[str, object]] = MappingProxyType({"only_positive": True})
    n_positive: int = Field(1, ge=1, le=200)
    n_negative: int = Field(0, ge=0, le=200)
    only_positive: bool = False

    @property
    def replies_per_question(self) -> int:
        """The number of its positive and negative samples."""
        return self.n_positive + self.n_negative


def make(profile: Profile, params: PromptAlignedParams, attributes: Attributes) -> Adm:
    """Make a decision-maker whose prompt states the targets."""
    votes = StyledVotes(profile, params, attributes, profile.target)

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        opposite = tuple(target.opposite for target in targets)
        samples = [StyledSample("positive", targets, targets)] * params.n_positive
        samples += [StyledSample(NEGATIVE, opposite, opposite)] * params.n_negative
        return await votes.decide(llm, scenario, samples, only_positive=params.only_positive)

    return decide


KIND = AdmKind(PromptAlignedParams, make, prompts=("style",))
