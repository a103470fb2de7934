"""Read align-system's alignment target (YAML or JSON): the values to steer a decision-maker to.

A target may be a distribution or random-effects parameters instead of a value (target_values.py).
Nothing is unpickled: a distribution that holds anything unknown is kept as it is, and a note says
so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from align_tui.config.targets import TargetSpec
from align_tui.core.attributes import Attributes
from align_tui.core.errors import AlignmentError, DatasetError, TargetFileError
from align_tui.core.targets import Distribution, RandomEffects, Target, Targets, TargetValue
from align_tui.core.text.display import one_line
from align_tui.core.text.repair import storable
from align_tui.core.types import Json, JsonObject
from align_tui.formats.align_system.inert_pickle import PickleRefused
from align_tui.formats.align_system.target_values import (
    KdeOptions,
    read_distribution,
    read_kdes,
    read_parameters,
)
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
    """The content of a target file: `kdes` are distributions that were not read, as they are."""

    id: str
    targets: Targets
    path: Path
    kdes: JsonObject = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_target(
    path: Path,
    *,
    attributes: Attributes,
    scale: Mapping[str, float] | None = None,
    options: KdeOptions | None = None,
) -> AlignmentTarget:
    """Read the alignment target of a file; raises TargetFileError, which is a DatasetError.

    `options` say which estimate of a distribution is read. If a value is above 1, its attribute is
    on a scale of 0..10; `scale` (attribute to the value that stands for 1) overrides that. The file
    may also be the configuration of a whole run.
    """
    place = FilePosition(shown(path))
    try:
        table = parse_table(read_text(path, MAX_TARGET_BYTES), place)
        return target_of_table(table, path, attributes=attributes, scale=scale, options=options)
    except DatasetError as error:
        raise TargetFileError(error.message, error.hint) from error


def target_of_table(
    table: Object,
    path: Path,
    *,
    attributes: Attributes,
    scale: Mapping[str, float] | None = None,
    options: KdeOptions | None = None,
) -> AlignmentTarget:
    """The alignment target of a parsed file, as `read_target`; raises DatasetError."""
    place = FilePosition(shown(path))
    if isinstance(table.get("alignment_target"), dict):
        table = as_object(table["alignment_target"], place, "alignment_target")
    if "kdma_values" not in table and "kdes" not in table:
        raise place.error(
            "it has neither 'kdma_values' nor 'kdes'", "This is not an alignment target."
        )
    name = storable(path.stem) if table.get("id") is None else as_id(table["id"], place, "id")
    found = _entries(table, place, name, options or KdeOptions())
    scales, notes = decide([found.numbers], attributes, scale, place, guess=True)
    values = scales.labels(found.numbers, place)
    targets: dict[str, Target] = {}
    for spelled in found.order:
        attribute = attributes.canonical(spelled)
        value = found.others.get(spelled, values.get(attribute))
        if isinstance(value, RandomEffects):
            value = replace(value, value=values.get(attribute))
        if value is not None and targets.get(attribute, Target(attribute, value)).value != value:
            raise place.error(f"{attribute} has two different values")
        if value is not None:
            targets[attribute] = Target(attribute, value)
    if not targets and not found.kdes:
        raise place.error("it sets no attribute")
    all_notes = (*notes, *found.notes)
    return AlignmentTarget(name, tuple(targets.values()), path, found.kdes, all_notes)


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
        raise place.error(f"align-tui reads YAML up to {MAX_YAML_CHARS // 1_000_000} MB", hint)
    for number, event in enumerate(yaml.parse(text, Loader=_loader(text))):
        if number > MAX_EVENTS:
            raise place.error(f"it has more than {MAX_EVENTS:,} values", hint)
        if isinstance(event, yaml.ScalarEvent) and _is_long_number(event):
            raise place.error("it has a number of hundreds of digits", hint)
        if isinstance(event, yaml.AliasEvent):
            raise place.error("it uses YAML aliases, which align-tui does not read", hint)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise place.error(f"its values are nested more than {MAX_DEPTH} deep", hint)


def _is_long_number(event: yaml.ScalarEvent) -> bool:
    """1:1:1 is a number to base 60, and reading it takes time with the square of its length."""
    value = str(event.value)
    return len(value) > LONGEST_NUMBER and not event.style and bool(_NUMBER.fullmatch(value))


@dataclass
class _Values:
    """The values of a file by attribute, in its spelling and order."""

    numbers: dict[str, float] = field(default_factory=dict)
    others: dict[str, TargetValue] = field(default_factory=dict)
    kdes: Object = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)


def _entries(table: Object, place: FilePosition, name: str, options: KdeOptions) -> _Values:
    """The values of a table: numbers, other kinds, and distributions that are not read."""
    found = _Values()
    given = table.get("kdma_values")
    rows = as_list(given, place, "kdma_values") if given is not None else []
    shared = table.get("kdes")
    if shared is not None:
        as_object(shared, place, "kdes")
        if len(rows) != 1:  # it does not say whose distribution it is
            found.kdes.update(as_object(finite(shared), place, "kdes"))
            found.notes.append(_unread(list(found.kdes), "they name no attribute"))
            shared = None
    for i, item in enumerate(rows):
        where = f"kdma_values[{i}]"
        entry = as_object(item, place, where)
        attribute = as_id(entry.get("kdma"), place, f"{where}.kdma")
        if attribute in found.order:
            raise place.error(f"{where}: {attribute} is given twice")
        found.order.append(attribute)
        kdes = entry.get("kdes") if entry.get("kdes") is not None else shared
        _read_entry(found, attribute, {**entry, "kdes": kdes}, place, where, name, options)
    return found


def with_weights(targets: Targets, table: Object, attributes: Attributes) -> Targets:
    """The targets with the distributions and weights that `align-tui export` writes beside them."""
    entries = table.get("kdma_values")
    exact: dict[str, Target] = {}
    for entry in entries if isinstance(entries, list) else []:
        body = dict(entry) if isinstance(entry, dict) else {}
        shape = body.get("distribution")
        value = dict(shape) if isinstance(shape, dict) else {"value": body.get("value")}
        given: Json = {**value, "attribute": body.get("kdma"), "weight": body.get("weight", 1.0)}
        with suppress(ValidationError, KeyError):
            name = attributes.canonical(str(body["kdma"]))
            exact[name] = replace(TargetSpec.model_validate(given).target, attribute=name)
    return tuple(_preferred(target, exact.get(target.attribute)) for target in targets)


def _preferred(target: Target, exact: Target | None) -> Target:
    """`exact` where it says more than a number does; the number may have been scaled."""
    if exact is None:
        return target
    value = exact.value if isinstance(exact.value, Distribution) else target.value
    return replace(target, value=value, weight=exact.weight)


def _read_entry(
    found: _Values,
    attribute: str,
    entry: Object,
    place: FilePosition,
    where: str,
    name: str,
    options: KdeOptions,
) -> None:
    """Add the value of one entry: a number comes before a distribution, as in align-system.

    This program's own export has the mean of a distribution as the number beside it.
    """
    if entry.get("distribution") is not None:
        found.others[attribute] = read_distribution(entry["distribution"], place, where)
        return
    if entry.get("value") is not None:
        found.numbers.update(raw_labels({attribute: entry["value"]}, place, where))
        if entry["kdes"] is not None:
            found.notes.append(f"{one_line(attribute)} has a value, so its distribution is unused.")
    if entry["kdes"] is not None and attribute not in found.numbers:
        try:
            found.others[attribute] = read_kdes(
                entry["kdes"], place, where, attribute, name, options
            )
        except (PickleRefused, AlignmentError) as error:
            found.kdes[attribute] = finite(entry["kdes"])
            why = error.message if isinstance(error, AlignmentError) else str(error)
            found.notes.append(_unread([attribute], one_line(why, 200)))
        return
    try:
        effects = read_parameters(entry.get("parameters"), place, where)
    except DatasetError as error:
        if attribute not in found.numbers:
            raise
        found.notes.append(f"{one_line(attribute)}: only its value is used. {error.message}")
        return
    if effects is not None:
        found.others[attribute] = effects
    elif attribute not in found.numbers:
        raise place.error(f"{where}: {attribute} has no value")


def _unread(names: list[str], why: str) -> str:
    said = ", ".join(one_line(name, 60) for name in names[:8])
    return f"Distributions were not read ({said}): {why}."
