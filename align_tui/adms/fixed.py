"""Fixed: always takes the choice at one index."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.config.adm_params import AdmParams, Traits
from align_tui.config.profile import Profile
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


class FixedParams(AdmParams):
    """Always takes the choice at `index` (from 0; the last one if there are fewer)."""

    TRAITS: ClassVar[Traits] = Traits(reads_labels=False)

    index: int = Field(0, ge=0)


def make(profile: Profile, params: FixedParams, attributes: Attributes) -> Adm:
    """Make a decision-maker that takes choice `params.index`, or the last if there are fewer."""

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        choice = min(params.index, len(scenario.choices) - 1)
        return Decision(ChoiceAnswer(choice), f"Always choice {params.index + 1}.")

    return decide


KIND = AdmKind(FixedParams, make)
