"""Prompt-aligned (zero-shot): the prompt states the targets; positive and negative samples vote.

As in ALIGN (arXiv 2507.09037), a positive sample's prompt states the target, a negative one's the
opposite target (1 - value).
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.decision_examples import Asked, DecisionExamples, with_turns
from align_tui.adms.sampling import decide_by_votes
from align_tui.config.adm_params import Reasoned, Traits
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision, Message
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


class PromptAlignedParams(Reasoned):
    """The prompt states the targets, and positive and negative samples vote."""

    TRAITS: ClassVar[Traits] = Traits(
        needs_model=True,
        needs_target=True,
        is_steerable=True,
        states_target=True,
        takes_examples="together",
        reads_labels=False,
    )
    n_positive: int = Field(1, ge=1, le=200)
    n_negative: int = Field(0, ge=0, le=200)
    only_positive: bool = False


def make(profile: Profile, params: PromptAlignedParams, attributes: Attributes) -> Adm:
    """Make a decision-maker whose prompt states the targets."""
    from align_tui.config.prompts.render import render_messages  # Jinja; the screen reads KIND

    def asked(scenario: Scenario, targets: Targets) -> Asked:
        def rendered(shown: Scenario) -> tuple[Message, ...]:
            return render_messages(profile, shown, targets, attributes, params.reasoning)

        return Asked(rendered(scenario), targets, lambda shown: rendered(shown)[-1].content)

    def show(scenario: Scenario) -> str:
        return asked(scenario, profile.target).messages[-1].content

    examples = DecisionExamples(profile, params, attributes, show)

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        opposite = tuple(target.opposite for target in targets)
        both = [asked(scenario, targets), asked(scenario, opposite)]
        (under, against), turns, steps = await examples.before(both, scenario, llm)
        votes = [("positive", under)] * params.n_positive
        votes += [("negative", against)] * params.n_negative
        decision = await decide_by_votes(
            llm, scenario, params, votes, only_positive=params.only_positive
        )
        return with_turns(decision, turns, steps)

    return decide


KIND = AdmKind(PromptAlignedParams, make)
