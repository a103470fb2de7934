"""Comparative rating: one reply scores all choices for one attribute.

It is align-system's `ComparativeRegressionADMComponent` (commit 6d59f0d) with the outcomes and the
relevance of its older single class. What differs: each attribute has its own bounds (there the
last one's hold for all), and an attribute that is named twice is asked once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

from align_tui.adms.base import Llm
from align_tui.adms.rating.rated import (
    NO_EXAMPLES,
    RATER,
    Rated,
    TurnsByAttribute,
    ask_rating,
    dialogue,
    prediction,
)
from align_tui.config.prompts.rating import Listed, RatingPrompts
from align_tui.core.attributes import Attribute
from align_tui.core.decisions import Response
from align_tui.core.errors import AdmError
from align_tui.core.people import people_for
from align_tui.core.predictions import Relevance
from align_tui.core.rating_replies import (
    Reasons,
    Scored,
    keys_of,
    outcomes_schema,
    read_outcomes,
    read_relevance,
    read_scores,
    relevance_schema,
    scores_schema,
)
from align_tui.core.scenarios import Scenario

Outcomes = tuple[str, ...]
Asked = tuple[tuple[Scored, ...], Response]


@dataclass(frozen=True, slots=True)
class ComparativeOptions:
    """How choices are scored together; see `ComparativeRegressionParams` for each."""

    samples: int = 1
    reasoning: Reasons = "shared"
    max_reasoning_chars: int = 512
    enum_scores: bool = False
    anchors: bool = True
    reverse_choices: bool = False
    swap_average: bool = False
    predict_outcomes: bool = False
    predict_relevance: bool = False


async def rate_together(
    llm: Llm,
    scenario: Scenario,
    attributes: Sequence[Attribute],
    prompts: RatingPrompts,
    options: ComparativeOptions,
    examples: TurnsByAttribute = NO_EXAMPLES,
) -> Rated:
    """Rate all choices for each attribute.

    Outcomes come first, one reply a sample, since the scores of that sample see them; all other
    replies are asked at once. `examples` are the in-context examples of each attribute; there must
    be some for every attribute or for none. Raises AdmError, ReplyError or Truncated.
    """
    lacking = [each.name for each in attributes if examples and each.id not in examples]
    if lacking:
        raise AdmError(
            f"There are no in-context examples for {lacking[0]}, and others have some",
            "Choose examples that are labelled for every attribute that is rated.",
        )
    asking = _Asking(llm, scenario, prompts, options)
    foreseen = 0 if not attributes or not options.predict_outcomes else options.samples
    async with asyncio.TaskGroup() as group:
        ask_relevance = attributes if options.predict_relevance else ()
        outcomes = [group.create_task(asking.outcomes()) for _ in range(foreseen)]
        relevant = [group.create_task(asking.relevance(each)) for each in ask_relevance]
        # A sample's scores wait for its own outcome alone.
        known = [[outcomes[i]] if outcomes else [] for i in range(options.samples)]
        scores = [
            (attribute, group.create_task(asking.scores(attribute, turned, told, examples)))
            for turned in orders_of(options)
            for attribute in attributes
            for told in known
        ]
    responses = [task.result()[1] for task in (*outcomes, *relevant)]
    by_attribute: dict[str, list[tuple[Scored, ...]]] = {}
    for attribute, task in scores:
        found, response = task.result()
        by_attribute.setdefault(attribute.id, []).append(found)
        responses.append(response)
    predictions = tuple(
        {
            attribute.id: prediction(attribute, (row[index] for row in by_attribute[attribute.id]))
            for attribute in attributes
        }
        for index in range(len(scenario.choices))
    )
    relevance, matters = _relevance(scenario, attributes, relevant)
    foreseen_outcomes = tuple(task.result()[0] for task in outcomes)
    return Rated(predictions, tuple(responses), relevance, foreseen_outcomes, matters)


def orders_of(options: ComparativeOptions) -> tuple[bool, ...]:
    """The orders of the choices that are asked for: is each one reversed?"""
    first = options.reverse_choices
    return (first, not first) if options.swap_average else (first,)


def _relevance(
    scenario: Scenario,
    attributes: Sequence[Attribute],
    asked: Sequence[asyncio.Task[tuple[tuple[tuple[bool, str], ...], Response]]],
) -> tuple[Relevance | None, tuple[Mapping[str, str], ...]]:
    """The relevance for each choice (None if it was not asked for), and the reasons for it."""
    if not asked:
        return None, ()
    rows: list[dict[str, float]] = [{} for _ in scenario.choices]
    reasons: list[dict[str, str]] = [{} for _ in scenario.choices]
    for attribute, task in zip(attributes, asked, strict=True):
        for index, (matters, why) in enumerate(task.result()[0]):
            rows[index][attribute.id] = 1.0 if matters else 0.0
            reasons[index][attribute.id] = why
    return Relevance(tuple(rows), RATER), tuple(reasons)


class _Asking:
    """The questions about one scenario; each gets the next stream of the sample."""

    def __init__(
        self, llm: Llm, scenario: Scenario, prompts: RatingPrompts, options: ComparativeOptions
    ) -> None:
        self.llm, self.scenario, self.prompts, self.options = llm, scenario, prompts, options
        self.keys = keys_of(scenario.choice_texts)
        self.stream = count()

    def _listed(self, *, turned: bool = False, outcomes: Outcomes = ()) -> list[Listed]:
        told = outcomes or ("",) * len(self.keys)
        found = [
            Listed(*each) for each in zip(self.keys, self.scenario.choice_texts, told, strict=True)
        ]
        return found[::-1] if turned else found

    async def outcomes(self) -> tuple[Outcomes, Response]:
        """Ask what would come of each choice."""
        system, user = self.prompts.outcomes(self.scenario, self._listed())
        return await ask_rating(
            self.llm,
            dialogue(system, (), user),
            outcomes_schema(self.keys),
            partial(read_outcomes, keys=self.keys),
            role="outcomes",
            stream=next(self.stream),
        )

    async def relevance(
        self, attribute: Attribute
    ) -> tuple[tuple[tuple[bool, str], ...], Response]:
        """Ask to which choices the attribute matters."""
        people = people_for(self.scenario, attribute)
        system, user = self.prompts.relevance(self.scenario, attribute, self._listed(), people)
        return await ask_rating(
            self.llm,
            dialogue(system, (), user),
            relevance_schema(self.keys, self.options.max_reasoning_chars),
            partial(read_relevance, keys=self.keys),
            role=f"relevance of {attribute.id}",
            stream=next(self.stream),
        )

    async def scores(
        self,
        attribute: Attribute,
        turned: bool,
        foreseen: Sequence[asyncio.Task[tuple[Outcomes, Response]]],
        examples: TurnsByAttribute,
    ) -> Asked:
        """Ask for a score of every choice; `turned` lists them from last to first."""
        stream = next(self.stream)
        outcomes = (await foreseen[0])[0] if foreseen else ()
        options = self.options
        system, user = self.prompts.comparative(
            self.scenario,
            attribute,
            self._listed(turned=turned, outcomes=outcomes),
            people_for(self.scenario, attribute),
            reasons=options.reasoning,
            anchors=options.anchors,
        )
        schema = scores_schema(
            self.keys[::-1] if turned else self.keys,
            attribute,
            reasons=options.reasoning,
            max_chars=options.max_reasoning_chars,
            listed=options.enum_scores,
        )
        return await ask_rating(
            self.llm,
            dialogue(system, examples.get(attribute.id, ()), user),
            schema,
            partial(read_scores, keys=self.keys, attribute=attribute),
            role=f"scores of {attribute.id}",
            stream=stream,
        )
