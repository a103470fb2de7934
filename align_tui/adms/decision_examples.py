"""Examples for decision-makers whose reply names a choice: each answers with the nearest one."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from align_tui.adms.base import Llm
from align_tui.adms.examples import Answer, Examples, ExampleTurns, Show, written
from align_tui.config.adm_params import Reasoned
from align_tui.config.profile import Profile
from align_tui.config.prompts.styles import style_of
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision, Message, Step
from align_tui.core.examples.answers import example_targets, nearest_choice
from align_tui.core.examples.example_set import Example
from align_tui.core.examples.reasons import nearest_reason
from align_tui.core.replies import decision_reply
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Targets
from align_tui.core.types import JsonObject


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt, the targets by which its examples answer, and how its user turns are written.

    Prompts with the same targets write them in the same way.
    """

    messages: tuple[Message, ...]
    targets: Targets
    show: Show


class DecisionExamples:
    """The examples of a profile as decisions; without `[examples]` it changes no prompt."""

    def __init__(
        self, profile: Profile, params: Reasoned, attributes: Attributes, show: Show
    ) -> None:
        """`show` writes the user turns by which examples are compared."""
        spec = profile.examples
        self._params, self._attributes = params, attributes
        self._form = style_of(profile.prompt.prompt_style).form
        self._names = spec.attributes if spec is not None else ()
        self.examples = Examples(spec, show) if spec is not None and spec.number else None

    async def before(
        self, asked: Sequence[Asked], scenario: Scenario, llm: Llm
    ) -> tuple[list[tuple[Message, ...]], ExampleTurns, tuple[Step, ...]]:
        """The prompts with examples before their questions; the first one's turns, and the time.

        All prompts of a sample show the same examples; each answers by its own targets.
        """
        if self.examples is None or not asked:
            return [each.messages for each in asked], ExampleTurns(), ()
        begun = time.monotonic()
        as_reference = self.examples.spec.as_reference
        wanted = [example_targets(each.targets, self._names) for each in asked]
        about = " + ".join(target.attribute for target in wanted[0])
        picked = await self.examples.pick(scenario, llm, self.answer(wanted[0]), about)
        turns: dict[Targets, ExampleTurns] = {}
        for each, targets in zip(asked, wanted, strict=True):
            if each.targets not in turns:
                turns[each.targets] = written(
                    [replace(one, prompt=each.show(one.example.scenario)) for one in picked],
                    self.answer(targets),
                    attribute=about,
                    as_reference=as_reference,
                    blanks=self._form.blanks,
                )
        prompts = [turns[each.targets].before(each.messages) for each in asked]
        return prompts, turns[asked[0].targets], (Step("examples", time.monotonic() - begun),)

    def answer(self, targets: Targets) -> Answer:
        """The reply of an example for these targets; None for one that lacks their labels."""
        assert self.examples is not None
        as_reference = self.examples.spec.as_reference
        named = {self._name(target.attribute): target for target in targets}

        def reply(example: Example) -> JsonObject | None:
            choice = nearest_choice(example.scenario, targets, as_reference=as_reference)
            if choice is None:
                return None
            reason = nearest_reason(example, choice, named, as_reference=as_reference)
            return decision_reply(
                example.scenario.choice_texts,
                choice,
                reason[: self._params.max_reasoning_chars],
                self._params.reasoning,
                self._form,
            )

        return reply

    def _name(self, attribute: str) -> str:
        found = self._attributes.get(attribute)
        return found.name if found is not None else attribute.replace("_", " ")


def with_turns(decision: Decision, turns: ExampleTurns, steps: tuple[Step, ...]) -> Decision:
    """The decision with the examples that its prompt showed."""
    if not turns.used:
        return decision
    return replace(decision, examples=turns.used, steps=(*steps, *decision.steps))
