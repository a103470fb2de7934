"""Ask with the prompts of a profile's style, each sample with its own order of the choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from align_tui.adms.base import Llm
from align_tui.adms.decision_examples import Asked, DecisionExamples, with_turns
from align_tui.adms.sampling import decide_by_votes
from align_tui.config.adm_params import Reasoned
from align_tui.config.profile import Profile
from align_tui.config.prompts.styles import style_of
from align_tui.core.attributes import Attributes
from align_tui.core.choice_order import relative_orders
from align_tui.core.decisions import Decision, Message
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets


@dataclass(frozen=True, slots=True)
class StyledSample:
    """A sample: its role, the targets that its prompt states, and those of its examples."""

    role: str
    stated: Targets
    aimed: Targets


class StyledVotes:
    """Decides by the votes of samples whose prompts are in the profile's style."""

    def __init__(
        self, profile: Profile, params: Reasoned, attributes: Attributes, stated: Targets
    ) -> None:
        """Examples are compared with the question by user turns that state `stated`."""
        self._profile, self._params, self._attributes = profile, params, attributes
        self._style = style_of(profile.prompt.prompt_style)

        def show(scenario: Scenario) -> str:
            return self._rendered(scenario, stated)[-1].content

        self._examples = DecisionExamples(profile, params, attributes, show)

    async def decide(
        self,
        llm: Llm,
        scenario: Scenario,
        samples: Sequence[StyledSample],
        *,
        only_positive: bool = False,
    ) -> Decision:
        """Ask all of `samples` at once, and decide by their votes.

        Where the profile's choices are shuffled, `scenario` already is, and each sample has an
        order of its own. An example shows its choices in their own order.
        """
        orders: list[tuple[int, ...]] = []
        if self._profile.choice_order == "shuffled" and len(samples) > 1:
            orders = relative_orders(llm.seed, len(scenario.choices), len(samples))
        asked = [
            self._asked(scenario, sample, orders[number] if orders else None)
            for number, sample in enumerate(samples)
        ]
        prompts, turns, steps = await self._examples.before(asked, scenario, llm)
        decision = await decide_by_votes(
            llm,
            scenario,
            self._params,
            [(sample.role, prompt) for sample, prompt in zip(samples, prompts, strict=True)],
            only_positive=only_positive,
            form=self._style.form,
            orders=orders,
        )
        return with_turns(decision, turns, steps)

    def _asked(
        self, scenario: Scenario, sample: StyledSample, order: tuple[int, ...] | None
    ) -> Asked:
        def show(shown: Scenario) -> str:
            return self._rendered(shown, sample.stated)[-1].content

        return Asked(self._rendered(scenario, sample.stated, order), sample.aimed, show)

    def _rendered(
        self, scenario: Scenario, stated: Targets, order: tuple[int, ...] | None = None
    ) -> tuple[Message, ...]:
        from align_tui.config.prompts.render import render_messages  # Jinja; the screen reads KIND

        profile, reasoning = self._profile, self._params.reasoning
        return render_messages(profile, scenario, stated, self._attributes, reasoning, order=order)
