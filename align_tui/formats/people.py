"""Read the people and the supplies of a scenario, and the shares of groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from align_tui.core.scenarios import MAX_GROUPS, MAX_PEOPLE, MAX_SUPPLIES, Character
from align_tui.core.types import Json
from align_tui.formats.labels import float_text
from align_tui.formats.sets import tell_apart
from align_tui.formats.values import (
    FilePosition,
    Object,
    as_id,
    as_list,
    as_object,
    as_text,
    finite,
    kind,
    parse_json,
    sanitise,
)

PLACEHOLDER_ACTION = "SITREP"
"""The action type that the field's converters write where a record has none."""
_TOLD = ("id", "name", "unstructured")


def as_limited_list(value: Json, most: int, place: FilePosition, field: str) -> list[Json]:
    """`value`, which must be a list of at most `most` entries; null is none."""
    found = [] if value is None else as_list(value, place, field)
    if len(found) > most:
        raise place.error(f"{field} has {len(found):,} entries; the limit is {most:,}")
    return found


def recorded_people(state: Object, place: FilePosition) -> tuple[Character, ...]:
    """The people of an align-system record's `full_state.characters`.

    `unstructured` is a person's text; every other value is kept as a fact. Without an id the name
    is the id, and a repeated id gets a number.
    """
    given = as_limited_list(state.get("characters"), MAX_PEOPLE, place, "characters")
    bodies = [as_object(each, place, f"characters[{i}]") for i, each in enumerate(given)]
    found = []
    for number, body in enumerate(bodies):
        where = f"characters[{number}]"
        name = _text_or_none(body.get("name"), place, f"{where}.name")
        key = body.get("id")
        found.append(
            Character(
                id=as_id(key, place, f"{where}.id") if key is not None else name or f"{number + 1}",
                name=name,
                text=_text_or_none(body.get("unstructured"), place, f"{where}.unstructured"),
                facts={k: v for k, v in body.items() if k not in _TOLD},
            )
        )
    ids = tell_apart([each.id for each in found], "#{}")
    return tuple(
        Character(key, each.name, each.text, each.facts)
        for key, each in zip(ids, found, strict=True)
    )


def _text_or_none(value: Json, place: FilePosition, field: str) -> str:
    return "" if value is None else as_text(value, place, field)


def recorded_supplies(state: Object, place: FilePosition) -> tuple[str, ...]:
    """The supplies of an align-system record's `full_state.supplies`, a phrase for each.

    `Tourniquet: 2` has a quantity, `Pulse Oximeter: 1, reusable` is not used up. An entry without a
    type says nothing and is left out.
    """
    found = []
    given = as_limited_list(state.get("supplies"), MAX_SUPPLIES, place, "supplies")
    for number, each in enumerate(given):
        body = as_object(each, place, f"supplies[{number}]")
        name, quantity = body.get("type"), body.get("quantity")
        if not isinstance(name, str) or not name.strip():
            continue
        phrase = name
        if isinstance(quantity, int | float) and not isinstance(quantity, bool):
            phrase += f": {float_text(quantity)}"
        found.append(phrase + (", reusable" if body.get("reusable") is True else ""))
    return tuple(found)


def recorded_actions(choices: Sequence[Object], place: FilePosition) -> tuple[tuple[str, str], ...]:
    """(action type, id of the person) of each choice of an align-system record.

    Where every choice has the placeholder and names nobody, the record says nothing by it.
    """
    found = []
    for number, choice in enumerate(choices):
        where = f"choices[{number}]"
        action = _text_or_none(choice.get("action_type"), place, f"{where}.action_type")
        person = choice.get("character_id")
        key = "" if person is None else as_id(person, place, f"{where}.character_id")
        found.append((action, key))
    if all(each in (("", ""), (PLACEHOLDER_ACTION, "")) for each in found):
        return (("", ""),) * len(found)
    return tuple(found)


def native_people(value: Json, place: FilePosition) -> tuple[Character, ...]:
    """The people of a native scenario; raises DatasetError.

    `facts` may be the text of their JSON, since TOML has no null.
    """
    found = []
    for number, each in enumerate(as_limited_list(value, MAX_PEOPLE, place, "characters")):
        where = f"characters[{number}]"
        body = as_object(each, place, where)
        unknown = sorted(set(body) - {"id", "name", "text", "facts"})
        if unknown:
            raise place.error(
                f"{where} has the unknown key {unknown[0]!r}",
                "A character has id, name, text, and facts for anything else.",
            )
        key = as_text(body.get("id"), place, f"{where}.id")
        found.append(
            Character(
                as_id(key, place, f"{where}.id"),
                as_text(body.get("name", ""), place, f"{where}.name"),
                as_text(body.get("text", ""), place, f"{where}.text"),
                as_embedded(body.get("facts"), place, f"{where}.facts"),
            )
        )
    return tuple(found)


def as_embedded(value: Json, place: FilePosition, field: str) -> Object:
    """`value`, an object, or its JSON as text: TOML has no null, so objects with null are text."""
    if isinstance(value, str):
        try:
            value = sanitise(parse_json(value), place)
        except ValueError as error:
            raise place.error(f"{field} is text that is not a JSON object: {error}") from error
    return {} if value is None else as_object(finite(value), place, field)


def native_supplies(value: Json, place: FilePosition) -> tuple[str, ...]:
    """The supplies of a native scenario: a list of texts; raises DatasetError."""
    given = as_limited_list(value, MAX_SUPPLIES, place, "supplies")
    return tuple(as_text(each, place, f"supplies[{i}]") for i, each in enumerate(given))


def as_shares(value: Json, place: FilePosition) -> dict[str, tuple[float, ...]]:
    """The shares of groups: for each group a list of numbers, one for each choice."""
    table = {} if value is None else as_object(value, place, "shares")
    if len(table) > MAX_GROUPS:
        raise place.error(f"shares has {len(table):,} groups; the limit is {MAX_GROUPS:,}")
    found = {}
    for group, row in table.items():
        numbers = as_list(row, place, f"the shares of {group[:60]}")
        found[group] = tuple(_share(each, group, place) for each in numbers)
    return found


def _share(value: Json, group: str, place: FilePosition) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise place.error(f"the shares of {group[:60]} must be numbers, and one is {kind(value)}")
    if not 0 <= value <= 1:
        raise place.error(f"the shares of {group[:60]}: {float_text(value)} is not in 0..1")
    return float(value)


def as_flag(value: Json, place: FilePosition, field: str) -> bool:
    """`value`, which must be true or false; raises DatasetError."""
    if not isinstance(value, bool):
        raise place.error(f"{field} must be true or false, not {kind(value)}")
    return value


def distinct_texts(
    texts: Sequence[str],
    actions: Sequence[tuple[str, str]],
    people: Mapping[str, str],
    mark: str,
) -> list[str]:
    """Texts of choices, made unique: equal ones get the name of their person where that tells.

    Otherwise a later one gets a number, by `mark`. `people` maps an id to a name.
    """
    told = list(texts)
    for text in {text for text in texts if texts.count(text) > 1}:
        equal = [i for i, each in enumerate(texts) if each == text]
        names = [people.get(actions[i][1]) or actions[i][1] for i in equal] if actions else [""]
        if all(name.strip() for name in names) and len(set(names)) == len(equal):
            for i, name in zip(equal, names, strict=True):
                told[i] = f"{text} ({name})"
    return tell_apart(told, mark)
