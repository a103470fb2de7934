"""The people and the supplies of a scenario in words, as prompts and screens show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from align_tui.core.attributes import DIFFERING, Attribute
from align_tui.core.scenarios import Character, Scenario
from align_tui.core.types import Json, JsonObject

MAX_FACT_CHARS = 200
_PLAIN = (str, int, float, bool)


def named(character: Character) -> str:
    """`NAME: description` on one line; the id stands for a missing name."""
    name = character.name.strip() or character.id
    text = " ".join(character.text.split())
    return f"{name}: {text}" if text else name


def is_told(character: Character, text: str) -> bool:
    """Does the text of a scenario already say all that the person's own text says?

    Phase-2 files repeat in each person's text what the situation says in the same words. A
    person without a text is told if the situation has the name.
    """
    lines = [line.strip().rstrip(".") for line in character.text.splitlines()]
    said = [line for line in lines if line] or [character.name or character.id]
    return all(line in text for line in said)


def in_one_line(character: Character) -> str:
    """`Mike: a soldier; he bleeds`: the name and the lines of the text; the id without a name."""
    lines = "; ".join(line.strip() for line in character.text.splitlines() if line.strip())
    name = character.name or character.id
    return f"{name}: {lines}" if lines else name


def whole_text(scenario: Scenario) -> str:
    """The situation, then the people that it does not describe, then the supplies."""
    people = [in_one_line(each) for each in scenario.characters if not is_told(each, scenario.text)]
    parts = [scenario.text.strip()]
    if people:
        parts.append("\n".join(["People:", *(f"- {line}" for line in people)]))
    if scenario.supplies:
        parts.append("\n".join(["Supplies:", *(f"- {each}" for each in scenario.supplies)]))
    return "\n\n".join(parts)


def people_for(scenario: Scenario, attribute: Attribute) -> tuple[str, ...]:
    """A line for each person: the description and the facts that matter for the attribute.

    Empty if the attribute names no facts, or nobody has one of them: then the scenario's text says
    all. A description that this text already contains is left out.
    """
    if not attribute.facts:
        return ()
    facts = [_facts(each, scenario.characters, attribute.facts) for each in scenario.characters]
    if not any(facts):
        return ()
    lines = []
    for character, found in zip(scenario.characters, facts, strict=True):
        name = character.name.strip() or character.id
        said = " ".join(character.text.split())
        repeats = said in " ".join(scenario.text.split())
        parts = [] if repeats or not said else [said]
        parts += [f"{path}: {value}" for path, value in found]
        lines.append(f"{name}: {'; '.join(parts)}" if parts else name)
    return tuple(lines)


def _facts(
    character: Character, people: Sequence[Character], paths: Sequence[str]
) -> list[tuple[str, str]]:
    """The (path, value) of each fact that the attribute names and that the person has."""
    own = dict(_flat(character.facts))
    found = []
    for path in paths:
        if path == DIFFERING:
            others = [dict(_flat(each.facts)) for each in people]
            found += [
                (key, value)
                for key, value in own.items()
                if any(other.get(key) != value for other in others)
            ]
        else:
            below = f"{path}."
            found += [(k, v) for k, v in own.items() if k == path or k.startswith(below)]
    return list(dict.fromkeys(found))


def _flat(facts: JsonObject, above: str = "") -> Iterator[tuple[str, str]]:
    """All facts that say something, as (dotted path, text); a list of objects counts from 1."""
    for key, value in facts.items():
        yield from _flat_value(value, f"{above}{key}")


def _flat_value(value: Json, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        yield from _flat(value, f"{path}.")
    elif isinstance(value, Sequence) and not isinstance(value, str):
        plain = [_shown(each) for each in value if isinstance(each, _PLAIN)]
        if plain:
            yield path, ", ".join(plain)[:MAX_FACT_CHARS]
        for number, each in enumerate(value, start=1):
            if isinstance(each, Mapping):
                yield from _flat(each, f"{path}.{number}.")
    elif isinstance(value, _PLAIN) and _shown(value):
        yield path, _shown(value)[:MAX_FACT_CHARS]


def _shown(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else " ".join(str(value).split())


def between(text: str, first: str, last: str) -> str | None:
    """What stands between two parts of a text, without blanks around it; None if one is missing.

    Both are looked for as they are: align-system takes the first for a pattern, and fails at a
    bracket or an asterisk in it.
    """
    begin = text.find(first) if first else 0
    if begin < 0:
        return None
    begin += len(first)
    end = text.find(last, begin) if last else -1
    return text[begin:end].strip() if end >= 0 else None


def situation_without(scenario: Scenario, character: Character, threat: str = "") -> str:
    """The situation in which a person is, without the other people.

    If the text begins with `threat`, it is the threat and what stands between it and the person.
    Else it is the text up to the first description of anybody; if it contains none, all of it.
    """
    text = scenario.text
    if threat and threat in text:
        more = between(text, threat, character.text)
        return f"{threat} {more}".strip() if more else threat
    begins = [text.find(each.text) for each in scenario.characters if each.text.strip()]
    found = [begin for begin in begins if begin >= 0]
    return text[: min(found)].strip() if found else text.strip()
