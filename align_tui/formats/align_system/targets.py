"""align-system's alignment target (YAML or JSON): the values that a decision-maker is steered to.

A target may be a distribution instead of a value. Those are stored as base64 of a Python pickle,
and unpickling runs code: they are kept as they are, never decoded, and a note says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from align_tui.core.attributes import Attributes
from align_tui.core.errors import DatasetError
from align_tui.core.targets import Target, Targets
from align_tui.core.text.display import one_line
from align_tui.core.text.repair import storable
from align_tui.core.types import Json, JsonObject
from align_tui.formats.files import read_text, shown
from align_tui.formats.labels import decide, raw_labels
from align_tui.formats.values import (
    MAX_DEPTH,
    FilePosition,
    Object,
    as_id,
    as_list,
    as_object,
    finite,
    parse_json,
    sanitise,
)

MAX_TARGET_BYTES = 5_000_000
MAX_YAML_CHARS, MAX_SLOW_CHARS = 1_000_000, 100_000
MAX_EVENTS = 20_000
LONGEST_NUMBER = 400
_NUMBER = re.compile(r"[\d+\-.:_a-fA-FxXoO]+")


def _loader(text: str) -> Any:
    """PyYAML's safe loader, which says best what is wrong; ten times faster in C for long texts."""
    if len(text) <= MAX_SLOW_CHARS:
        return yaml.SafeLoader
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class AlignmentTarget:
    """A target file, read: `targets` are 0..1 by attribute id; `kdes` is what was not read."""

    id: str
    targets: Targets
    path: Path
    kdes: JsonObject = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_target(
    path: Path, *, attributes: Attributes, scale: Mapping[str, float] | None = None
) -> AlignmentTarget:
    """The alignment target of a file; raises DatasetError.

    Values above 1 mean 0..10 for their attribute; `scale` (attribute to the value that stands
    for 1) overrides that. The file of a whole run's configuration is read for its target.
    """
    place = FilePosition(shown(path))
    table = parse_table(read_text(path, MAX_TARGET_BYTES), place)
    if isinstance(table.get("alignment_target"), dict):
        table = as_object(table["alignment_target"], place, "alignment_target")
    if "kdma_values" not in table and "kdes" not in table:
        raise place.error(
            "there is neither 'kdma_values' nor 'kdes' in it", "This is no alignment target."
        )
    name = storable(path.stem) if table.get("id") is None else as_id(table["id"], place, "id")
    values, kdes = _entries(table, place)
    scales, notes = decide([values], attributes, scale, place, guess=True)
    targets = tuple(
        Target(attribute, value) for attribute, value in scales.labels(values, place).items()
    )
    if kdes:
        notes.append(
            f"Distributions were not read ({', '.join(kdes)}): they are pickles, "
            "and a pickle can run code."
        )
    if not targets and not kdes:
        raise place.error("it sets no attribute")
    return AlignmentTarget(name, targets, path, kdes, tuple(notes))


def parse_table(text: str, place: FilePosition) -> Object:
    """A YAML or JSON file that holds an object: no aliases, no tags; raises DatasetError."""
    return as_object(_parse(text, place), place, "the file")


def _parse(text: str, place: FilePosition) -> Json:
    hint = "An alignment target is YAML or JSON with id and kdma_values."
    if text.lstrip().startswith("{"):
        # YAML has other ways to begin like this, but no alignment target uses them.
        try:
            return sanitise(parse_json(text), place)
        except ValueError as error:
            raise place.error(f"this is not JSON: {error}", hint) from error
    try:
        _check_yaml(text, place, hint)
        return sanitise(yaml.load(text, Loader=_loader(text)), place)  # noqa: S506 (safe ones)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark is not None else ""
        what = getattr(error, "problem", None) or "it is not YAML"
        raise DatasetError(f"{place.file}{line}: {what}", hint) from error
    # What PyYAML's own constructors raise on scalars such as 2024-13-45, `!!bool x` or `!!int ''`.
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise place.error(f"a value in it cannot be read: {error}", hint) from error


def _check_yaml(text: str, place: FilePosition, hint: str) -> None:
    """Refuse what a small file could make a huge or an endless value of, before it is built."""
    depth = 0
    if len(text) > MAX_YAML_CHARS:
        raise place.error(f"YAML is read up to {MAX_YAML_CHARS // 1_000_000} MB", hint)
    for number, event in enumerate(yaml.parse(text, Loader=_loader(text))):
        if number > MAX_EVENTS:
            raise place.error(f"it holds more than {MAX_EVENTS:,} values", hint)
        if isinstance(event, yaml.ScalarEvent) and _is_long_number(event):
            raise place.error("it holds a number of hundreds of digits", hint)
        if isinstance(event, yaml.AliasEvent):
            raise place.error("it uses YAML aliases, which are not read", hint)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise place.error(f"its values are nested more than {MAX_DEPTH} deep", hint)


def _is_long_number(event: yaml.ScalarEvent) -> bool:
    """1:1:1 is a number to the base of 60, and reading one takes the square of its length."""
    value = str(event.value)
    return len(value) > LONGEST_NUMBER and not event.style and bool(_NUMBER.fullmatch(value))


def _entries(table: Object, place: FilePosition) -> tuple[dict[str, float], Object]:
    """The values by the file's own spelling, and the distributions by attribute or kind."""
    values: dict[str, float] = {}
    kdes: Object = {}
    if table.get("kdes") is not None:
        kdes.update(as_object(finite(table["kdes"]), place, "kdes"))
    given = table.get("kdma_values")
    for i, item in enumerate(as_list(given, place, "kdma_values") if given is not None else []):
        where = f"kdma_values[{i}]"
        entry = as_object(item, place, where)
        name = as_id(entry.get("kdma"), place, f"{where}.kdma")
        if name in values:
            raise place.error(f"{where}: {name} is given twice")
        values.update(raw_labels({name: entry.get("value")}, place, where))
        if entry.get("kdes") is not None:
            kdes[name] = finite(entry["kdes"])
        elif entry.get("value") is None:
            parameters = _parameters(entry.get("parameters"))
            if parameters:
                raise place.error(
                    f"{where}: {name} has no value: its target is given by parameters "
                    f"({parameters}), which are not read",
                    "Only targets that are values are read. Name one: --target ATTRIBUTE=VALUE",
                )
            raise place.error(f"{where}: {name} has no value")
    return values, kdes


def _parameters(given: Json) -> str:
    """The names of a target's parameters: a list of names and values, or a table of them."""
    names: list[Json] = []
    if isinstance(given, dict):
        names = list(given)
    elif isinstance(given, list):
        names = [each.get("name") if isinstance(each, dict) else each for each in given]
    return ", ".join(one_line(str(name), 60) for name in names[:8] if name is not None)
