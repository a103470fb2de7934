"""Read scenarios of any format, which is recognised by the content, not by the file's name."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from align_tui.config.reading.bounded_json import check_count
from align_tui.config.reading.bounded_toml import parse_toml
from align_tui.config.reading.file_kinds import SCENARIOS, kind_of
from align_tui.core.attributes import Attributes
from align_tui.core.errors import DatasetError
from align_tui.core.scenarios import Scenario
from align_tui.core.text.nearest import close_to
from align_tui.core.text.repair import storable
from align_tui.core.types import Json
from align_tui.formats import native
from align_tui.formats.base import ScenarioFormat
from align_tui.formats.drafts import Draft, assemble
from align_tui.formats.files import read_text, shown
from align_tui.formats.registry import FORMATS
from align_tui.formats.sets import ScenarioSet
from align_tui.formats.values import (
    FOREIGN_DEPTH,
    HINT,
    FilePosition,
    as_list,
    as_object,
    kind,
    parse_json,
    sanitise,
)

# A TOML table header. A JSON file of scenarios cannot begin like this: it has { or [ after [.
_TOML_HEADER = re.compile(r"\[{1,2}\s*[A-Za-z_\"']")
_SPLIT = "Split it into several files."
MOST_TOML = 5_000_000
MOST_LINES = 500_000
MOST_SCENARIOS = 20_000
_OTHERS = {".yaml": "YAML", ".yml": "YAML", ".csv": "CSV", ".tsv": "TSV", ".parquet": "Parquet"}


def read_scenarios(
    path: Path, *, attributes: Attributes, scale: Mapping[str, float] | None = None
) -> ScenarioSet:
    """Read the scenarios of a file in any known format; raises DatasetError and no other error.

    Labels become 0..1 by attribute id. In the field's formats an attribute with a label above 1 is
    taken to be 0..10; `scale` maps an attribute (any spelling) to the value that stands for 1 in
    this file, and overrides that.
    """
    place = FilePosition(shown(path))
    text = read_text(path)
    if not text.strip():
        raise place.error("the file is empty", _hint())
    found, name, description, drafts, notes = _drafts(text, place)
    scenarios, more = assemble(drafts, attributes, scale, place, foreign=found.foreign)
    return ScenarioSet(
        name=name or _name(path),
        description=description,
        format=found.name,
        scenarios=scenarios,
        path=path,
        notes=(*notes, *more),
    )


def scenarios_of_text(text: str, name: str, attributes: Attributes) -> tuple[Scenario, ...]:
    """Read a native document from a text, called `name` in errors; raises DatasetError."""
    place = FilePosition(name)
    found, _, _, drafts, _ = _document(_toml(text, place), place)
    return assemble(drafts, attributes, None, place, foreign=found.foreign)[0]


_Found = tuple[ScenarioFormat, str, str, list[Draft], list[str]]


def _hint() -> str:
    """A hint that lists the known formats."""
    known = [found.description for found in _known()]
    return f"Known formats of scenarios: {', '.join(known)}."


def _name(path: Path) -> str:
    """The set's name: the file's, or the folder's for an input_output.json of align-system."""
    folder = path.absolute().parent.name if path.stem == "input_output" else ""
    return storable(folder or path.stem)


def _drafts(text: str, place: FilePosition) -> _Found:
    """Read the drafts of a JSON or TOML text; other text goes to `_by_text`."""
    try:
        return _json_or_toml(text, place)
    except DatasetError:
        found = _by_text(text, place)
        if found is None:
            raise
        return found


def _json_or_toml(text: str, place: FilePosition) -> _Found:
    start = text.lstrip()
    if text.count("\n") > MOST_LINES:
        raise place.error(f"it has more than {MOST_LINES:,} lines", _SPLIT)
    if start[0] not in "{[" or _TOML_HEADER.match(start):
        return _document(_toml(text, place), place)
    try:
        check_count(text)
    except ValueError as error:
        raise place.error(str(error), _SPLIT) from error
    try:
        value = parse_json(text)
    except ValueError as error:
        if start[0] == "{" and _is_json(start.partition("\n")[0]):
            return _lines(text, place)
        raise place.error(f"this is not JSON: {error}", _hint_at(error, text)) from error
    if isinstance(value, list):
        _check_number(value, place)
        return _list(as_list(sanitise(value, place, FOREIGN_DEPTH), place, "the file"), place)
    table = as_object(sanitise(value, place), place, "the file")
    return (
        _document(table, place)
        if isinstance(table.get("scenario"), list)
        else _rows([table], place, whole="\n" in start.rstrip())
    )


def _is_json(line: str) -> bool:
    try:
        parse_json(line)
    except ValueError:
        return False
    return True


def _hint_at(error: ValueError, text: str) -> str:
    """A hint that also says, if the error is at the end of the file, that it may be cut short."""
    if not isinstance(error, json.JSONDecodeError):
        return _hint()
    at_end = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    return f"The file may have been cut short. {_hint()}" if at_end else _hint()


def _toml(text: str, place: FilePosition) -> Json:
    if len(text) > MOST_TOML:
        raise place.error(
            f"align-tui reads TOML up to {MOST_TOML // 1_000_000} MB", "Write it as JSON Lines."
        )
    try:
        return sanitise(parse_toml(text), place)
    except ValueError as error:
        named = _OTHERS.get(Path(place.file).suffix.lower())
        if named is not None and "kdma_values" not in text:
            raise place.error(f"align-tui does not read scenarios from {named}", _hint()) from error
        if _is_json(text):
            content = kind(parse_json(text))
            raise place.error(f"it is {content}, and has no scenarios", _hint()) from error
        hint = _hint()
        if "kdma_values" in text:
            hint = "This looks like an alignment target; it sets values and has no scenarios."
        raise place.error(f"this is not TOML: {error}", hint) from error


def _document(value: Json, place: FilePosition) -> _Found:
    table = as_object(value, place, "the file")
    _refuse_other(table, place)
    name, description, notes = native.heading(table, place)
    entries = as_list(table.get("scenario", []), place, "scenario")
    return native.SCENARIOS, name, description, _native(entries, place), notes


def _refuse_other(table: Mapping[str, Json], place: FilePosition) -> None:
    found = kind_of(table)
    if found is not None and found != SCENARIOS:
        raise place.error(f"it is {found.what}, not a set of scenarios", found.use)


def _native(entries: Sequence[Json], place: FilePosition) -> list[Draft]:
    _check_number(entries, place)
    return native.drafts(entries, place)


def _check_number(entries: Sequence[Json], place: FilePosition) -> None:
    if len(entries) > MOST_SCENARIOS:
        raise place.error(
            f"it has {len(entries):,} scenarios; the limit is {MOST_SCENARIOS:,}", _SPLIT
        )


def _list(entries: list[Json], place: FilePosition) -> _Found:
    if not entries:
        raise place.error("it has no scenarios", _hint())
    _check_number(entries, place)
    for found in _known():
        if found.looks_like(entries[0]):
            return _records(found, entries, place)
    raise place.error("its first entry is not a scenario of a known format", _hint())


def _known() -> Iterator[ScenarioFormat]:
    """Every format, this program's first; those that cannot be loaded are left out."""
    return (found for _, found in FORMATS.loaded())


def _by_text(text: str, place: FilePosition) -> _Found | None:
    """Read a text that is neither JSON nor TOML; None if no format recognises it."""
    for found in _known():
        if found.looks_like_text and found.records and found.looks_like_text(text):
            return _records(found, found.records(text, place), place)
    return None


def _records(found: ScenarioFormat, records: Sequence[Json], place: FilePosition) -> _Found:
    _check_number(records, place)
    try:
        return found, "", "", found.drafts(records, place), []
    except DatasetError:
        raise
    except Exception as error:  # another package's code may raise anything
        reason = f"{type(error).__name__}: {error}"
        raise place.error(f"the reader of the format {found.name} failed: {reason}") from error


def _lines(text: str, place: FilePosition) -> _Found:
    # Not splitlines: that also splits at U+2028, which may be inside a JSON string.
    rows: list[Json] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            rows.append(sanitise(parse_json(line), place))
        except ValueError as error:
            problem = f"line {number} is not JSON: {error}"
            raise place.error(problem, _hint_at(error, line)) from error
        if len(rows) > MOST_SCENARIOS + 1:  # the first line may be a header
            raise place.error(f"it has more than {MOST_SCENARIOS:,} scenarios", _SPLIT)
    return _rows(rows, place)


def _lacks(header: Mapping[str, Json]) -> tuple[str, str]:
    """What an object that is nearly a scenario lacks, and a hint; empty for other objects."""
    if not {"text", "choices"} & set(header):
        return "", ""
    lacking = "choices" if "text" in header else "text"
    unknown = sorted(set(header) - native.SCENARIO_KEYS)
    close = close_to(lacking, unknown, n=1)
    hint = f"Is {close[0]!r} misspelled?" if close else HINT
    return f": the key {lacking!r} is missing", hint


def _rows(rows: list[Json], place: FilePosition, *, whole: bool = False) -> _Found:
    """Read parsed lines, or the `whole` file if it is one object over several lines."""
    header = rows[0] if isinstance(rows[0], dict) else {}
    if "format" in header and not native.looks_like(header):
        name, description, notes = native.heading(header, place)
        return native.SCENARIOS, name, description, _native(rows[1:], place), notes
    if not native.looks_like(header):
        found = kind_of(header)
        hint = _hint()
        if found is not None and found != SCENARIOS:
            hint = f"This is {found.what}. {found.use}"
        what = "the file" if whole else "line 1"
        missing, near = _lacks(header)
        raise place.error(f"{what} is not a scenario{missing}", near or hint)
    return native.SCENARIOS, "", "", _native(rows, place), []
