"""Read align-system's alignment target (YAML or JSON): the values to steer a decision-maker to.

A target may be a distribution instead of a value. align-system stores distributions as base64 of a
Python pickle, and unpickling runs code. So they are kept, but never decoded, and a note says so.
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
    """PyYAML's safe loader: the one with better errors, or for long texts the faster one in C."""
    if len(text) <= MAX_SLOW_CHARS:
        return yaml.SafeLoader
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class AlignmentTarget:
    """The content of a target file: `targets` are 0..1; `kdes` are distributions, not decoded."""

    id: str
    targets: Targets
    path: Path
    kdes: JsonObject = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_target(
    path: Path, *, attributes: Attributes, scale: Mapping[str, float] | None = None
) -> AlignmentTarget:
    """Read the alignment target of a file; raises DatasetError.

    If a value is above 1, its attribute is on a scale of 0..10; `scale` (attribute to the value
    that stands for 1) overrides that. The file may also be the configuration of a whole run.
    """
    place = FilePosition(shown(path))
    table = parse_table(read_text(path, MAX_TARGET_BYTES), place)
    if isinstance(table.get("alignment_target"), dict):
        table = as_object(table["alignment_target"], place, "alignment_target")
    if "kdma_values" not in table and "kdes" not in table:
        raise place.error(
            "it has neither 'kdma_values' nor 'kdes'", "This is not an alignment target."
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
    """Parse YAML or JSON that is an object, without aliases and tags; raises DatasetError."""
    return as_object(_parse(text, place), place, "the file")


def _parse(text: str, place: FilePosition) -> Json:
    hint = "An alignment target is YAML or JSON with id and kdma_values."
    if text.lstrip().startswith("{"):
        # YAML can also begin like this, but no alignment target does.
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
    # PyYAML's constructors raise these on scalars such as 2024-13-45, `!!bool x` or `!!int ''`.
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise place.error(f"a value in it cannot be read: {error}", hint) from error


def _check_yaml(text: str, place: FilePosition, hint: str) -> None:
    """Refuse YAML that would build a huge or endless value, before it is built."""
    depth = 0
    if len(text) > MAX_YAML_CHARS:
        raise place.error(f"YAML is read up to {MAX_YAML_CHARS // 1_000_000} MB", hint)
    for number, event in enumerate(yaml.parse(text, Loader=_loader(text))):
        if number > MAX_EVENTS:
            raise place.error(f"it has more than {MAX_EVENTS:,} values", hint)
        if isinstance(event, yaml.ScalarEvent) and _is_long_number(event):
            raise place.error("it has a number of hundreds of digits", hint)
        if isinstance(event, yaml.AliasEvent):
            raise place.error("it uses YAML aliases, which are not read", hint)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise place.error(f"its values are nested more than {MAX_DEPTH} deep", hint)


def _is_long_number(event: yaml.ScalarEvent) -> bool:
    """1:1:1 is a number to base 60, and reading it takes time with the square of its length."""
    value = str(event.value)
    return len(value) > LONGEST_NUMBER and not event.style and bool(_NUMBER.fullmatch(value))


def _entries(table: Object, place: FilePosition) -> tuple[dict[str, float], Object]:
    """The values by attribute (in the file's spelling), and the distributions."""
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
                    f"{where}: {name} has no value but parameters ({parameters}), "
                    "which align-tui cannot read",
                    "Use a target with values, or give one: --target ATTRIBUTE=VALUE",
                )
            raise place.error(f"{where}: {name} has no value")
    return values, kdes


def _parameters(given: Json) -> str:
    """The names of a target's parameters, which are a list or a table."""
    names: list[Json] = []
    if isinstance(given, dict):
        names = list(given)
    elif isinstance(given, list):
        names = [each.get("name") if isinstance(each, dict) else each for each in given]
    return ", ".join(one_line(str(name), 60) for name in names[:8] if name is not None)
