"""Baseline: a neutral prompt, and the majority of several samples (self-consistency)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from align_tui.adms.base import Adm, AdmKind, Llm
from align_tui.adms.decision_examples import Asked, DecisionExamples, with_turns
from align_tui.adms.sampling import decide_by_votes
from align_tui.config.adm_params import Reasoned, Traits
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


class BaselineParams(Reasoned):
    """Unaligned: a neutral prompt, and the majority of `samples` replies."""

    TRAITS: ClassVar[Traits] = Traits(
        needs_model=True, takes_examples="together", reads_labels=False
    )
    samples: int = Field(1, ge=1, le=200)


def make(profile: Profile, params: BaselineParams, attributes: Attributes) -> Adm:
    """Make a decision-maker whose prompt states no target. Its examples answer by the target."""
    from align_tui.config.prompts.render import render_messages  # Jinja; the screen reads KIND

    def show(scenario: Scenario) -> str:
        return render_messages(profile, scenario, (), attributes, params.reasoning)[-1].content

    examples = DecisionExamples(profile, params, attributes, show)

    async def decide(scenario: Scenario, targets: Targets, llm: Llm) -> Decision:
        messages = render_messages(profile, scenario, (), attributes, params.reasoning)
        asked = [Asked(messages, targets, show)]
        [prompt], turns, steps = await examples.before(asked, scenario, llm)
        decision = await decide_by_votes(
            llm, scenario, params, [("positive", prompt)] * params.samples
        )
        return with_turns(decision, turns, steps)

    return decide


KIND = AdmKind(BaselineParams, make)
