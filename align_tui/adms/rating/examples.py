"""Solved scenarios before a request for scores: each answers with its labels as scores."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from align_tui.adms.base import Llm
from align_tui.adms.examples import Examples, example_turns
from align_tui.adms.rating.rated import TurnsByAttribute
from align_tui.config.profile import Profile
from align_tui.config.prompts.rating import Listed, RatingPrompts
from align_tui.core.attributes import Attribute
from align_tui.core.decisions import Step, UsedExample
from align_tui.core.examples.answers import compared, scores_of
from align_tui.core.examples.example_set import Example
from align_tui.core.examples.reasons import comparison_reason, score_reason
from align_tui.core.people import people_for
from align_tui.core.rating_replies import SCORE, Reasons, keys_of
from align_tui.core.replies import REASONING
from align_tui.core.scenarios import Scenario
from align_tui.core.types import Json, JsonObject


class RatingExamples:
    """The examples of a profile as ratings; without `[examples]` there are none.

    An attribute's examples are those that are labelled for it, and are compared by its prompts.
    """

    def __init__(
        self, profile: Profile, prompts: RatingPrompts, reasons: Reasons, max_chars: int
    ) -> None:
        """`reasons` and `max_chars` are those of the replies that the model gives."""
        spec = profile.examples
        self._spec = spec if spec is not None and spec.number else None
        self._prompts, self._reasons, self._max_chars = prompts, reasons, max_chars
        self._by_attribute: dict[str, Examples] = {}

    async def turns(
        self, attributes: Sequence[Attribute], scenario: Scenario, llm: Llm
    ) -> tuple[TurnsByAttribute, tuple[UsedExample, ...], tuple[Step, ...]]:
        """The turns of each attribute's examples, the examples themselves, and the times.

        Raises ExampleError if too few are labelled for one of the attributes.
        """
        if self._spec is None:
            return {}, (), ()
        async with asyncio.TaskGroup() as group:
            tasks = {
                each.id: group.create_task(
                    example_turns(
                        self._examples(each),
                        scenario,
                        llm,
                        partial(self.answer, attribute=each),
                        attribute=each.id,
                    )
                )
                for each in attributes
            }
        found = {name: task.result() for name, task in tasks.items()}
        used = tuple(one for turns, _ in found.values() for one in turns.used)
        steps = tuple(step for _, step in found.values())
        return {name: turns.messages for name, (turns, _) in found.items()}, used, steps

    def _examples(self, attribute: Attribute) -> Examples:
        assert self._spec is not None
        if attribute.id not in self._by_attribute:

            def show(scenario: Scenario) -> str:
                texts = scenario.choice_texts
                listed = [Listed(*pair) for pair in zip(keys_of(texts), texts, strict=True)]
                people = people_for(scenario, attribute)
                return self._prompts.comparative(scenario, attribute, listed, people)[1]

            self._by_attribute[attribute.id] = Examples(self._spec, show)
        return self._by_attribute[attribute.id]

    def answer(self, example: Example, attribute: Attribute) -> JsonObject | None:
        """The reply of an example: its labels as scores; None if a choice has no label."""
        assert self._spec is not None
        as_reference, factor = self._spec.as_reference, attribute.factor
        scenario = example.scenario
        scores = scores_of(scenario, attribute.id, factor, as_reference=as_reference)
        if len(scores) < len(scenario.choices):
            return None
        reply: dict[str, Json] = {}
        if self._reasons == "shared":
            found = compared(scores, factor, as_reference=as_reference)
            reason = comparison_reason(example, found, attribute.name) if found else ""
            given = [example.reason(index, attribute.id) for index in scores]
            reply[REASONING] = (" ".join(filter(None, given)) or reason)[: self._max_chars]
        for index, key in enumerate(keys_of(scenario.choice_texts)):
            one: dict[str, Json] = {SCORE: scores[index]}
            if self._reasons == "per_choice":
                own = example.reason(index, attribute.id) or score_reason(
                    example, index, attribute.id, attribute.name, scores[index], factor
                )
                one = {REASONING: own[: self._max_chars], **one}
            reply[key] = one
        return reply
