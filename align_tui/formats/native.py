"""Read the program's own format (docs/scenario-format.md): a TOML document, or JSON Lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from align_tui.core.answers import AnswerKind
from align_tui.core.types import Json, JsonObject
from align_tui.formats.base import ScenarioFormat
from align_tui.formats.drafts import Draft
from align_tui.formats.labels import raw_labels
from align_tui.formats.people import (
    as_embedded,
    as_flag,
    as_shares,
    native_people,
    native_supplies,
)
from align_tui.formats.values import (
    HINT,
    FilePosition,
    Object,
    as_choices,
    as_id,
    as_object,
    as_text,
    finite,
    kind,
)

FORMAT = "align-tui/scenarios/1"
_FAMILY = "align-tui/scenarios/"
DOCUMENT_KEYS = frozenset({"format", "name", "description", "scenario"})
SCENARIO_KEYS = frozenset(
    {"id", "title", "text", "choice", "choices", "meta", "source", "asks", "family"}
    | {"characters", "supplies", "shares", "ordinal"}
)
CHOICE_KEYS = frozenset({"text", "labels", "action", "character"})


def check_format(value: Json, place: FilePosition) -> None:
    """Raise DatasetError unless `value` names the version that this program reads."""
    if value == FORMAT:
        return
    if isinstance(value, str) and value.startswith(_FAMILY):
        raise place.error(
            f"the format {value!r} is unknown", "A newer align-tui may have written it."
        )
    if value is None:
        problem = "the key 'format' is missing"
    elif isinstance(value, str):
        problem = f"the format {value[:80]!r} is unknown"
    else:
        problem = f"format must be text, not {kind(value)}"
    raise place.error(problem, f'Write in the file: format = "{FORMAT}"')


def heading(table: Object, place: FilePosition) -> tuple[str, str, list[str]]:
    """Read (name, description, notes) of a document or of a JSONL header."""
    check_format(table.get("format"), place)
    name = as_text(table.get("name", ""), place, "name")
    description = as_text(table.get("description", ""), place, "description")
    unknown = sorted(set(table) - DOCUMENT_KEYS)
    notes = [f"Unknown keys of the file, which were ignored: {', '.join(unknown)}."]
    return name, description, notes if unknown else []


def draft(value: Json, place: FilePosition) -> Draft:
    """Read one scenario; unknown keys are kept in its source."""
    body = as_object(value, place, "the scenario")
    key = as_text(body.get("id"), place, "id")
    place = place.at(place.record, as_id(key, place, "id"))
    if "choice" in body and "choices" in body:
        raise place.error("it has both 'choice' and 'choices'", "Keep one of the two.")
    name = "choices" if "choices" in body else "choice"
    asks = _asked(body.get("asks", "choice"), place)
    given = body.get(name, [] if asks == "text" else None)
    choices = [
        _choice(choice, place, f"{name}[{i}]")
        for i, choice in enumerate(as_choices(given, place, name))
    ]
    source = as_embedded(body.get("source"), place, "source")
    own = native_source(
        {k: v for k, v in body.items() if k not in SCENARIO_KEYS},
        [{k: v for k, v in choice.items() if k not in CHOICE_KEYS} for choice in choices],
    )
    return Draft(
        place=place,
        key=key,
        text=as_text(body.get("text"), place, "text"),
        choices=tuple(
            as_text(choice.get("text"), place, f"{name}[{i}].text")
            for i, choice in enumerate(choices)
        ),
        labels=tuple(
            raw_labels(choice.get("labels"), place, f"{name}[{i}].labels")
            for i, choice in enumerate(choices)
        ),
        title=as_text(body.get("title", ""), place, "title"),
        meta=as_embedded(body.get("meta"), place, "meta"),
        source={**own, **source},
        asks=asks,
        actions=tuple(
            (
                as_text(choice.get("action", ""), place, f"{name}[{i}].action"),
                as_text(choice.get("character", ""), place, f"{name}[{i}].character"),
            )
            for i, choice in enumerate(choices)
        ),
        characters=native_people(body.get("characters"), place),
        supplies=native_supplies(body.get("supplies"), place),
        shares=as_shares(body.get("shares"), place),
        ordinal=as_flag(body.get("ordinal", False), place, "ordinal"),
        family=_family(body.get("family"), place),
    )


def _choice(value: Json, place: FilePosition, field: str) -> Object:
    if isinstance(value, str):
        raise place.error(
            f"{field} must be an object, not text",
            f'Write each choice as {{"text": "..."}}. {HINT}',
        )
    return as_object(value, place, field)


def _family(value: Json, place: FilePosition) -> str:
    """Read the name of the scenario's family; empty if it has none."""
    return "" if value is None else as_id(value, place, "family")


def _asked(value: Json, place: FilePosition) -> AnswerKind:
    """Read the kind of answer that a scenario asks for."""
    if value == "choice":
        return "choice"
    if value == "text":
        return "text"
    given = repr(value)[:80] if isinstance(value, str) else kind(value)
    raise place.error(f'asks must be "choice" or "text", not {given}')


def native_source(extra: Object, choices: list[Object]) -> Object:
    """The source of a scenario that has unknown keys, or whose choices have; else empty."""
    source: Object = {}
    if extra:
        source["extra"] = finite(extra)
    if any(choices):
        source["choices"] = finite(choices)
    return {"format": "native", **source} if source else {}


def further_keys(source: JsonObject, n_choices: int) -> tuple[Object, list[Object]] | None:
    """Inverse of `native_source`: (unknown keys of the scenario, of each choice), or None."""
    extra, choices = source.get("extra", {}), source.get("choices", [{}] * n_choices)
    if not isinstance(extra, Mapping) or not isinstance(choices, list):
        return None
    if len(choices) != n_choices or not all(isinstance(c, Mapping) for c in choices):
        return None
    tables = [dict(choice) for choice in choices]
    clash = SCENARIO_KEYS & set(extra) or any(CHOICE_KEYS & set(table) for table in tables)
    if clash or native_source(dict(extra), list(tables)) != source:
        return None
    return dict(extra), tables


def looks_like(first: Json) -> bool:
    """Is this a scenario, as a line or an entry of a list?"""
    return isinstance(first, dict) and "text" in first and bool({"choices", "asks"} & set(first))


def drafts(entries: Sequence[Json], place: FilePosition) -> list[Draft]:
    """Read the scenarios, in order; raises DatasetError."""
    return [draft(entry, place.at(number)) for number, entry in enumerate(entries, start=1)]


SCENARIOS = ScenarioFormat("native", "align-tui's TOML or JSONL", looks_like, drafts, foreign=False)
