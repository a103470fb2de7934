"""Prompt-aligned (zero-shot): the prompt states the targets; positive and negative samples vote.

ALIGN (arXiv 2507.09037): positive samples are drawn under the target, negative ones under the
opposite target (1 - value).
"""

from __future__ import annotations

from align_tui.adms.base import Adm, Llm
from align_tui.adms.sampling import decide_by_votes
from align_tui.config.profile import Profile, PromptAlignedParams
from align_tui.config.prompts.render import render_messages
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


def make(profile: Profile, params: PromptAlignedParams, attributes: Attributes) -> Adm:
    """A decision-maker that is told whom to be."""

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        opposite = tuple(target.opposite for target in targets)
        order = params.reasoning
        under = render_messages(profile, scenario, targets, attributes, order)
        against = render_messages(profile, scenario, opposite, attributes, order)
        asked = [("positive", under)] * params.n_positive
        asked += [("negative", against)] * params.n_negative
        return await decide_by_votes(
            llm, scenario, params, asked, only_positive=params.only_positive
        )

    return decide
