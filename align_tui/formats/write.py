"""Write scenarios in the program's own format: TOML for people, JSONL for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import tomli_w

from align_tui.core.errors import DatasetError
from align_tui.core.scenarios import Choice, Scenario, character_to_json
from align_tui.core.types import Json, JsonObject
from align_tui.files.write import write_text
from align_tui.formats.native import FORMAT, further_keys
from align_tui.formats.values import WRITTEN_DEPTH, FilePosition, Object, as_id, finite, sanitise


def checked(scenarios: Iterable[Scenario]) -> tuple[Scenario, ...]:
    """Check that a reader would accept the scenarios; raises DatasetError."""
    found = tuple(scenarios)
    if not found:
        raise DatasetError("There are no scenarios to write", "Choose at least one.")
    seen: set[str] = set()
    for number, scenario in enumerate(found, start=1):
        place = FilePosition("These scenarios", number, scenario.key)
        as_id(scenario.key, place, "its key")
        if scenario.key in seen:
            raise place.error("another scenario has the same key")
        seen.add(scenario.key)
        problems = scenario.problems()
        if problems:
            raise place.error(problems[0])
        if not all(name.strip() for name in scenario.labelled):
            raise place.error("a label does not name its attribute")
    return found


def as_json(value: JsonObject, scenario: Scenario) -> Object:
    """`value` as JSON that any reader accepts: valid Unicode, no NaN, limited depth."""
    clean = finite(sanitise(value, FilePosition("These scenarios", 0, scenario.key), WRITTEN_DEPTH))
    return dict(clean) if isinstance(clean, Mapping) else {}


def body(scenario: Scenario, choices_key: str) -> Object:
    """The scenario as an object of the format; `choices_key` is 'choice' or 'choices'."""
    choices: list[Json] = [_choice(choice) for choice in scenario.choices]
    out: Object = {"id": scenario.key}
    if scenario.title:
        out["title"] = scenario.title
    if scenario.family:
        out["family"] = scenario.family
    out["text"] = scenario.text
    if scenario.asks != "choice":
        out["asks"] = scenario.asks
    if scenario.characters:
        out["characters"] = [character_to_json(each) for each in scenario.characters]
    if scenario.supplies:
        out["supplies"] = list(scenario.supplies)
    if scenario.shares:
        out["shares"] = {group: list(row) for group, row in scenario.shares.items()}
    if scenario.ordinal:
        out["ordinal"] = True
    if scenario.meta:
        out["meta"] = dict(scenario.meta)
    out[choices_key] = choices
    if scenario.source:
        further = further_keys(scenario.source, len(choices))
        if further is None:
            out["source"] = dict(scenario.source)
        else:
            extra, tables = further
            out[choices_key] = [
                {**table, **choice}
                for table, choice in zip(tables, choices, strict=True)
                if isinstance(choice, dict)
            ]
            out = {**extra, **out}
    return as_json(out, scenario)


def _choice(choice: Choice) -> Object:
    out: Object = {"text": choice.text}
    if choice.labels:
        out["labels"] = dict(choice.labels)
    if choice.action:
        out["action"] = choice.action
    if choice.character:
        out["character"] = choice.character
    return out


def _head(name: str, description: str) -> dict[str, str]:
    head = {"format": FORMAT, "name": name, "description": description}
    return {key: value for key, value in head.items() if value}


def native_jsonl(scenarios: Iterable[Scenario], *, name: str = "", description: str = "") -> str:
    """JSON Lines: a header, then one scenario on each line; raises DatasetError."""
    rows: list[Mapping[str, Json]] = [_head(name, description)]
    rows += [body(scenario, "choices") for scenario in checked(scenarios)]
    return "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)


def native_toml(scenarios: Iterable[Scenario], *, name: str = "", description: str = "") -> str:
    """The scenarios as one TOML document; raises DatasetError."""
    tables = [_without_null(s, body(s, "choice")) for s in checked(scenarios)]
    document: dict[str, Any] = {**_head(name, description), "scenario": tables}
    # Multiline strings are easy to read, but tomli_w drops carriage returns in them.
    return tomli_w.dumps(document, multiline_strings=not _has_return(document))


def _without_null(scenario: Scenario, table: Object) -> Object:
    if not _has_null(table):
        return table
    # TOML has no null: an object that contains null is written as JSON text.
    plain = body(_bare(scenario), "choice")
    people = plain.get("characters")
    for each in people if isinstance(people, list) else ():
        if isinstance(each, dict) and _has_null(each.get("facts", {})):
            each["facts"] = json.dumps(each["facts"], ensure_ascii=False)
    for key, value in (("meta", scenario.meta), ("source", scenario.source)):
        if value:
            clean = as_json(value, scenario)
            plain[key] = json.dumps(clean, ensure_ascii=False) if _has_null(clean) else clean
    return plain


def _bare(scenario: Scenario) -> Scenario:
    return replace(scenario, meta={}, source={})


def _has_null(value: Json) -> bool:
    if isinstance(value, Mapping):
        return any(_has_null(v) for v in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return any(_has_null(v) for v in value)
    return value is None


def _has_return(value: Json) -> bool:
    if isinstance(value, str):
        return "\r" in value
    if isinstance(value, Mapping):
        return any(_has_return(v) for v in value.values())
    return isinstance(value, Sequence) and any(_has_return(v) for v in value)


def write_native_jsonl(
    path: Path,
    scenarios: Iterable[Scenario],
    *,
    name: str = "",
    description: str = "",
    mine: bool = False,
) -> None:
    """Write the scenarios as JSON Lines; raises DatasetError, OutputError.

    A set of the library (`mine`) is for the user alone. Any other path was named by the user.
    """
    text = native_jsonl(scenarios, name=name, description=description)
    write_text(path, text, devices=not mine, mine=mine)


def write_native_toml(
    path: Path, scenarios: Iterable[Scenario], *, name: str = "", description: str = ""
) -> None:
    """Write the scenarios as a TOML document; raises DatasetError, OutputError."""
    write_text(path, native_toml(scenarios, name=name, description=description), devices=True)
