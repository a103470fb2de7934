"""A scenario, its choices, and the ground-truth labels of each choice."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from align_tui.core.answers import AnswerKind
from align_tui.core.text.plurals import counted
from align_tui.core.types import Json, JsonObject, content_hash

MAX_CHOICES = 64
MAX_CHOICE_CHARS = 4_000
MAX_TEXT_CHARS = 200_000
MAX_PEOPLE = 200
MAX_SUPPLIES = 500
MAX_GROUPS = 1_000
SUM_SLACK = 1e-3  # published shares are rounded
VARIANT_OF = "variant_of"  # a key of a scenario's meta


@dataclass(frozen=True, slots=True)
class Character:
    """A person in a scenario: `text` describes them, `facts` are the file's other statements.

    `id` is unique in the scenario; a choice names by it the person whom it concerns.
    """

    id: str
    name: str = ""
    text: str = ""
    facts: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that may be chosen.

    `labels` maps an attribute's id to the value (0..1) that choosing this choice expresses. An
    attribute without a label is unknown, not zero. `action` is the kind of action that it takes,
    in the words of the file (align-system's `action_type`); `character` is the id of the person
    whom it concerns. Both are empty where a file says nothing.
    """

    text: str
    labels: Mapping[str, float] = field(default_factory=dict)
    action: str = ""
    character: str = ""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A situation and its choices.

    `asks` is the kind of answer: one of the choices, or a text that the decision-maker writes. A
    scenario that asks for a text may have reference choices, or none. `characters` are the people
    in it, and `supplies` what is at hand, a phrase for each kind. `shares` maps a group of people
    to the share of them (0..1, sum 1) that takes each choice, in the order of the choices; a group
    is named as an attribute is. `ordinal` says that the choices are in order, from one end of a
    scale to the other. `key` is unique in its set and stable from one reading to the next. `source`
    is the rest of the file's record, kept for export. `family` names scenarios that belong
    together, and so do not count as independent (`core/families.py`). Neither is a part of the
    scenario's identity (`hash`).
    """

    key: str
    text: str
    choices: tuple[Choice, ...]
    title: str = ""
    meta: JsonObject = field(default_factory=dict)
    source: JsonObject = field(default_factory=dict)
    asks: AnswerKind = "choice"
    characters: tuple[Character, ...] = ()
    supplies: tuple[str, ...] = ()
    shares: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    ordinal: bool = False
    family: str = ""

    @property
    def choice_texts(self) -> tuple[str, ...]:
        """The texts of the choices, in order."""
        return tuple(choice.text for choice in self.choices)

    @property
    def labelled(self) -> frozenset[str]:
        """The attribute ids for which at least one choice has a label."""
        return frozenset(name for choice in self.choices for name in choice.labels)

    @property
    def groups(self) -> frozenset[str]:
        """The groups of people whose shares are known."""
        return frozenset(self.shares)

    @property
    def hash(self) -> str:
        """SHA-256 of text, choices and labels."""
        content: list[Json] = [
            self.text,
            [[choice.text, dict(choice.labels)] for choice in self.choices],
        ]
        return content_hash([*content, *self._asked, *self._shared])

    @property
    def seen_hash(self) -> str:
        """SHA-256 of text and choices, which a decision-maker sees; seeds come from it."""
        return content_hash([self.text, list(self.choice_texts), *self._asked])

    @property
    def _asked(self) -> list[Json]:
        """What older scenarios lack; empty for them, so that their hashes stay as they were."""
        found: list[Json] = [] if self.asks == "choice" else [self.asks]
        if self.characters or self.supplies or any(c.action or c.character for c in self.choices):
            found.append(
                {
                    "characters": [character_to_json(each) for each in self.characters],
                    "supplies": list(self.supplies),
                    "choices": [[choice.action, choice.character] for choice in self.choices],
                }
            )
        return found

    @property
    def scored_hash(self) -> str:
        """SHA-256 of the labels of the choices, in order, by which an answer is scored."""
        return content_hash([*(dict(choice.labels) for choice in self.choices), *self._shared])

    @property
    def _shared(self) -> list[Json]:
        """The shares of groups; empty without them, so that older hashes stay as they were."""
        if not self.shares:
            return []
        return [{"shares": _shares_to_json(self.shares), "ordinal": self.ordinal}]

    def problems(self) -> list[str]:
        """The reasons why this scenario cannot be decided; empty if it can."""
        found: list[str] = []
        if not self.text.strip():
            found.append("its text is empty")
        if len(self.text) > MAX_TEXT_CHARS:
            found.append(f"its text is longer than {MAX_TEXT_CHARS} characters")
        if len(self.choices) < 2 and self.asks == "choice":
            found.append(
                f"it has {counted(len(self.choices), 'choice')}; a decision needs at least 2"
            )
        if len(self.choices) > MAX_CHOICES:
            found.append(f"it has {len(self.choices)} choices, more than {MAX_CHOICES}")
        seen: set[str] = set()
        for number, choice in enumerate(self.choices, start=1):
            if not choice.text.strip():
                found.append(f"choice {number} is empty")
            elif len(choice.text) > MAX_CHOICE_CHARS:
                found.append(f"choice {number} is longer than {MAX_CHOICE_CHARS} characters")
            elif choice.text in seen:
                found.append(f"choice {number} repeats an earlier one: {choice.text[:60]!r}")
            seen.add(choice.text)
            for name, value in choice.labels.items():
                if not 0.0 <= value <= 1.0:
                    found.append(f"choice {number}: the label {name} = {value:g} is not in 0..1")
        return [*found, *self._problems_of_people(), *self._problems_of_shares()]

    def _problems_of_people(self) -> list[str]:
        found = []
        if len(self.characters) > MAX_PEOPLE:
            found.append(f"it has {len(self.characters)} characters, more than {MAX_PEOPLE}")
        if len(self.supplies) > MAX_SUPPLIES:
            found.append(f"it has {len(self.supplies)} supplies, more than {MAX_SUPPLIES}")
        ids = [each.id for each in self.characters]
        if not all(map(str.strip, ids)):
            found.append("a character has no id")
        if len(set(ids)) < len(ids):
            found.append("two characters have the same id")
        if not all(map(str.strip, self.supplies)):
            found.append("one of its supplies is empty")
        told = sum(len(each.name) + len(each.text) for each in self.characters)
        if told + sum(map(len, self.supplies)) > MAX_TEXT_CHARS:
            found.append(f"its characters and supplies are longer than {MAX_TEXT_CHARS} characters")
        return found

    def _problems_of_shares(self) -> list[str]:
        if len(self.shares) > MAX_GROUPS:
            return [f"it has the shares of {len(self.shares)} groups, more than {MAX_GROUPS}"]
        found = []
        for group, shares in self.shares.items():
            if not group.strip():
                found.append("a share does not name its group")
            elif problem := shares_problem(shares, len(self.choices)):
                found.append(f"the shares of {group[:60]}: {problem}")
        return found


def shares_problem(shares: Sequence[float], n_choices: int) -> str:
    """The reason why these are not shares of `n_choices` choices; empty if they are."""
    if len(shares) != n_choices:
        return f"there are {len(shares)} for {counted(n_choices, 'choice')}"
    if not all(0.0 <= share <= 1.0 for share in shares):
        return "one is not in 0..1"
    if abs(math.fsum(shares) - 1.0) > SUM_SLACK:
        return f"their sum is {math.fsum(shares):g}, not 1"
    return ""


def variant_of(scenario: Scenario) -> str | None:
    """The key of the scenario of which this one is a what-if variant, or None."""
    parent = scenario.meta.get(VARIANT_OF)
    return parent if isinstance(parent, str) else None


def scenario_to_json(scenario: Scenario) -> dict[str, Json]:
    """The scenario as JSON; `scenario_from_json` reads an equal one back."""
    body: dict[str, Json] = {
        "id": scenario.key,
        "text": scenario.text,
        "choices": [_choice_to_json(choice) for choice in scenario.choices],
    }
    if scenario.characters:
        body["characters"] = [character_to_json(each) for each in scenario.characters]
    if scenario.supplies:
        body["supplies"] = list(scenario.supplies)
    if scenario.shares:
        body["shares"] = _shares_to_json(scenario.shares)
    if scenario.ordinal:
        body["ordinal"] = True
    if scenario.asks != "choice":
        body["asks"] = scenario.asks
    if scenario.family:
        body["family"] = scenario.family
    if scenario.title:
        body["title"] = scenario.title
    if scenario.meta:
        body["meta"] = dict(scenario.meta)
    if scenario.source:
        body["source"] = dict(scenario.source)
    return body


def _shares_to_json(shares: Mapping[str, Sequence[float]]) -> dict[str, Json]:
    return {group: list(row) for group, row in shares.items()}


def _shares_from_json(body: Json) -> dict[str, tuple[float, ...]]:
    if not isinstance(body, Mapping):
        raise TypeError("shares are not a JSON object")
    found = {}
    for group, row in body.items():
        if not isinstance(row, list):
            raise TypeError("the shares of a group are not a list")
        found[str(group)] = tuple(_as_float(each) for each in row)
    return found


def _as_float(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return float(value)


def _choice_to_json(choice: Choice) -> dict[str, Json]:
    body: dict[str, Json] = {"text": choice.text, "labels": dict(choice.labels)}
    if choice.action:
        body["action"] = choice.action
    if choice.character:
        body["character"] = choice.character
    return body


def character_to_json(character: Character) -> dict[str, Json]:
    """A person as JSON; what is empty is left out."""
    body: dict[str, Json] = {"id": character.id}
    if character.name:
        body["name"] = character.name
    if character.text:
        body["text"] = character.text
    if character.facts:
        body["facts"] = dict(character.facts)
    return body


def _character_from_json(body: Json) -> Character:
    if not isinstance(body, Mapping):
        raise TypeError("a character is not a JSON object")
    facts = body.get("facts", {})
    return Character(
        str(body["id"]),
        str(body.get("name", "")),
        str(body.get("text", "")),
        facts if isinstance(facts, Mapping) else {},
    )


def scenario_from_json(body: JsonObject) -> Scenario:
    """Inverse of `scenario_to_json`; raises KeyError or TypeError on anything else."""
    choices = body["choices"]
    if not isinstance(choices, list):
        raise TypeError("choices is not a list")
    meta, source = body.get("meta", {}), body.get("source", {})
    people, supplies = body.get("characters", []), body.get("supplies", [])
    if not isinstance(people, list) or not isinstance(supplies, list):
        raise TypeError("characters or supplies are not a list")
    return Scenario(
        key=str(body["id"]),
        text=str(body["text"]),
        choices=tuple(
            Choice(
                str(choice["text"]),
                {k: float(v) for k, v in choice["labels"].items()},
                str(choice.get("action", "")),
                str(choice.get("character", "")),
            )
            for choice in choices
        ),
        title=str(body.get("title", "")),
        meta=meta if isinstance(meta, Mapping) else {},
        source=source if isinstance(source, Mapping) else {},
        asks="text" if body.get("asks") == "text" else "choice",
        characters=tuple(map(_character_from_json, people)),
        supplies=tuple(map(str, supplies)),
        shares=_shares_from_json(body.get("shares", {})),
        ordinal=body.get("ordinal") is True,
        family=str(body.get("family", "")),
    )
