"""Random: draws a choice uniformly, from the sample's seed."""

from __future__ import annotations

import random
from typing import ClassVar

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.config.adm_params import AdmParams, Traits
from align_tui.config.profile import Profile
from align_tui.core.answers import ChoiceAnswer
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


class RandomParams(AdmParams):
    """Draws a choice uniformly, from the sample's seed."""

    TRAITS: ClassVar[Traits] = Traits(reads_labels=False, shows_order=False)


async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
    """Draw one of n choices uniformly, each with probability 1/n."""
    n = len(scenario.choices)
    choice = random.Random(llm.seed).randrange(n)
    return Decision(ChoiceAnswer(choice), "Chosen at random.", probabilities=(1 / n,) * n)


def make(profile: Profile, params: RandomParams, attributes: Attributes) -> Adm:
    """Make the decision-maker, which has no parameters."""
    return decide


KIND = AdmKind(RandomParams, make)
