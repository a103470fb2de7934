"""Direct rating: each reply scores one person, or one choice, without seeing the others.

It is align-system's `DirectRegressionADMComponent` (commit 6d59f0d). What differs: a choice that
is not asked about has no reason (there a text stands where a list of reasons belongs).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from align_tui.adms.base import Llm
from align_tui.adms.rating.rated import RATER, Rated, ask_rating, dialogue, prediction
from align_tui.config.prompts.rating import RatingPrompts
from align_tui.core.attributes import Anchor, Attribute
from align_tui.core.decisions import Response
from align_tui.core.errors import AdmError
from align_tui.core.people import named, situation_without
from align_tui.core.predictions import Prediction
from align_tui.core.rating_replies import Scored, one_score_schema, read_score, reason_of
from align_tui.core.scenarios import Character, Choice, Scenario
from align_tui.core.types import Json, JsonObject

DEFAULT_RATER = "default value"


@dataclass(frozen=True, slots=True)
class DirectOptions:
    """How people are scored one by one; see `DirectRegressionParams` for each."""

    samples: int = 1
    max_reasoning_chars: int = 512
    defaults: Mapping[str, float] = field(default_factory=dict)
    lowest: Mapping[str, int] = field(default_factory=dict)
    searched: Mapping[str, str] = field(default_factory=dict)
    with_situation: tuple[str, ...] = ()


async def rate_one_by_one(
    llm: Llm,
    scenario: Scenario,
    attributes: Sequence[tuple[Attribute, Sequence[Anchor]]],
    prompts: RatingPrompts,
    options: DirectOptions,
) -> Rated:
    """Rate each choice for each attribute, of which the anchors are given; all at once.

    The person whom a choice concerns is rated. A choice that concerns nobody has the attribute's
    default value. In a scenario without people each choice is rated by itself. Raises AdmError for
    a person who is not in the scenario, ReplyError and Truncated.
    """
    asking = _Asking(llm, scenario, prompts, options)
    rows: list[dict[str, list[asyncio.Task[tuple[Scored, Response]]]]]
    rows = [{} for _ in scenario.choices]
    plan = [
        (attribute, anchors, index, asking.asked_about(attribute, choice))
        for attribute, anchors in attributes
        for index, choice in enumerate(scenario.choices)
    ]
    async with asyncio.TaskGroup() as group:
        for attribute, anchors, index, subject in plan:
            if subject is not None:
                rows[index][attribute.id] = [
                    group.create_task(asking.score(attribute, anchors, subject))
                    for _ in range(options.samples)
                ]
    predictions: list[dict[str, Prediction]] = [{} for _ in rows]
    responses: list[Response] = []
    for attribute, _, index, _ in plan:
        tasks = rows[index].get(attribute.id)
        if tasks is None:
            value = options.defaults.get(attribute.id, 0.0)
            predictions[index][attribute.id] = Prediction(
                (value,) * options.samples, rater=DEFAULT_RATER
            )
        else:
            scored = (task.result()[0] for task in tasks)
            predictions[index][attribute.id] = prediction(attribute, scored, RATER)
            responses += [task.result()[1] for task in tasks]
    return Rated(tuple(predictions), tuple(responses))


class _Asking:
    """The questions about one scenario; each gets the next stream of the sample."""

    def __init__(
        self, llm: Llm, scenario: Scenario, prompts: RatingPrompts, options: DirectOptions
    ) -> None:
        self.llm, self.scenario, self.prompts, self.options = llm, scenario, prompts, options
        self.people = {each.id: each for each in scenario.characters}
        self.stream = count()

    def asked_about(self, attribute: Attribute, choice: Choice) -> Character | Choice | None:
        """The person or choice that a model scores for an attribute; None if the default holds."""
        if not self.people and not choice.character:
            return choice
        searched = self.options.searched.get(attribute.id)
        if searched is not None:  # only a choice that leaves for another person is scored
            return None if choice.character else self._person(searched, choice)
        return self._person(choice.character, choice) if choice.character else None

    def _person(self, id_: str, choice: Choice) -> Character:
        found = self.people.get(id_)
        if found is None:
            raise AdmError(
                f"The choice {choice.text[:60]!r} concerns {id_!r}, who is not in the scenario",
                f"People of the scenario: {', '.join(self.people) or 'none'}.",
            )
        return found

    async def score(
        self, attribute: Attribute, anchors: Sequence[Anchor], subject: Character | Choice
    ) -> tuple[Scored, Response]:
        """Ask for the score of one person or of one choice."""
        system, user = self._prompt(attribute, anchors, subject)
        schema = one_score_schema(
            attribute,
            lowest=self.options.lowest.get(attribute.id),
            max_chars=self.options.max_reasoning_chars,
        )
        about = subject.id if isinstance(subject, Character) else subject.text
        return await ask_rating(
            self.llm,
            dialogue(system, (), user),
            schema,
            partial(_read, attribute=attribute),
            role=f"{attribute.id} of {about[:60]}",
            stream=next(self.stream),
        )

    def _prompt(
        self, attribute: Attribute, anchors: Sequence[Anchor], subject: Character | Choice
    ) -> tuple[str, str]:
        if isinstance(subject, Choice):
            situation = self.scenario.text.strip()
            return self.prompts.one(attribute, anchors, situation=situation, choice=subject.text)
        person, situation = named(subject), ""
        if attribute.id in self.options.with_situation:
            situation = situation_without(self.scenario, subject, threat_of(self.scenario))
            person = f"- {person}"
        return self.prompts.one(attribute, anchors, situation=situation, person=person)


def _read(body: JsonObject, attribute: Attribute) -> Scored:
    return Scored(read_score(body, attribute), reason_of(body))


def threat_of(scenario: Scenario) -> str:
    """The description of the threat in an align-system record; '' if it has none.

    It only finds a part of the scenario's text, so it adds nothing to what identifies a scenario.
    """
    found: Json = scenario.source
    for key in ("record", "input", "full_state", "threat_state", "unstructured"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found.strip() if isinstance(found, str) else ""
