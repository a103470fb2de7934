"""Read typed values from untrusted files, with errors that say where they are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import cast

from align_tui.config.reading.bounded_json import parse_json as parse_json
from align_tui.core.errors import DatasetError
from align_tui.core.scenarios import MAX_CHOICES
from align_tui.core.text.display import one_line
from align_tui.core.text.repair import storable
from align_tui.core.types import Json

MAX_DEPTH = 64
# Formats nest a record at different depths. Counting from above 0 makes sure that a set that was
# read from a foreign file can be written, and that a written set can be read.
WRITTEN_DEPTH, FOREIGN_DEPTH = 8, 16
MAX_KEY_CHARS = 500
HINT = "docs/scenario-format.md describes each format."
_MAX_INT_BITS = 8192  # far below the 4300 digits that Python refuses to print
Object = dict[str, Json]


@dataclass(frozen=True, slots=True)
class FilePosition:
    """A place in a file, which begins an error's text. `record` is from 1; 0 is the whole file."""

    file: str
    record: int = 0
    key: str = ""

    def at(self, record: int, key: str = "") -> FilePosition:
        """The place of a record in the same file."""
        return replace(self, record=record, key=key)

    def error(self, problem: str, hint: str = HINT) -> DatasetError:
        """A DatasetError that names the file, the record and its key."""
        where = self.file
        if self.record:
            where += f": record {self.record}"
        if self.key:
            where += f" ({one_line(self.key, 80)})"
        return DatasetError(f"{where}: {problem}", hint)


def kind(value: object) -> str:
    """The kind of a value, in words for messages."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "an object" if isinstance(value, Mapping) else "a list"


def as_text(value: Json, place: FilePosition, field: str) -> str:
    """`value`, which must be text; raises DatasetError."""
    if not isinstance(value, str):
        raise place.error(f"{field} must be text, not {kind(value)}")
    return value


def as_list(value: Json, place: FilePosition, field: str) -> list[Json]:
    """`value`, which must be a list; raises DatasetError."""
    if not isinstance(value, list):
        raise place.error(f"{field} must be a list, not {kind(value)}")
    return value


def as_choices(value: Json, place: FilePosition, field: str) -> list[Json]:
    """`value`, which must be a list of at most MAX_CHOICES; raises DatasetError."""
    found = as_list(value, place, field)
    if len(found) > MAX_CHOICES:
        raise place.error(f"it has {len(found):,} choices, more than {MAX_CHOICES}")
    return found


def as_object(value: Json, place: FilePosition, field: str) -> Object:
    """`value`, which must be an object (a table); raises DatasetError."""
    if not isinstance(value, dict):
        raise place.error(f"{field} must be an object, not {kind(value)}")
    return value


def as_id(value: Json, place: FilePosition, field: str) -> str:
    """`value` as text; it must be text that is not blank, or an integer. Raises DatasetError."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise place.error(f"{field} must be text or a whole number, not {kind(value)}")
    if not value.strip() or len(value) > MAX_KEY_CHARS:
        raise place.error(f"{field} must have 1 to {MAX_KEY_CHARS} characters, not all blank")
    return value


def sanitise(value: object, place: FilePosition, depth: int = 0) -> Json:
    """`value` as safe JSON: limited depth, valid Unicode, dates as text; raises DatasetError.

    Numbers that are not finite stay: the reader of such a number refuses it. A value that needs no
    change is not copied.
    """
    return cast(Json, value) if _is_clean(value, depth) else _cleaned(value, place, depth)


def _is_clean(value: object, depth: int) -> bool:
    """Does the value need no change and no refusal?"""
    kind = type(value)
    if kind is str:
        return _encodes(cast(str, value))
    if kind is dict:
        table = cast(dict[object, object], value)
        return depth <= MAX_DEPTH and all(
            type(key) is str and _encodes(key) and _is_clean(each, depth + 1)
            for key, each in table.items()
        )
    if kind is list:
        items = cast(list[object], value)
        return depth <= MAX_DEPTH and all(_is_clean(each, depth + 1) for each in items)
    if kind is int:
        return depth <= MAX_DEPTH and cast(int, value).bit_length() <= _MAX_INT_BITS
    return (value is None or kind is bool or kind is float) and depth <= MAX_DEPTH


def _encodes(text: str) -> bool:
    return text.isascii() or storable(text) is text


def _cleaned(value: object, place: FilePosition, depth: int) -> Json:
    if depth > MAX_DEPTH:
        raise place.error(f"its values are nested more than {MAX_DEPTH} deep")
    if isinstance(value, str):
        return storable(value)
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        if value.bit_length() > _MAX_INT_BITS:
            raise place.error("it has an integer of thousands of digits")
        return value
    if isinstance(value, Mapping):
        return {storable(str(k)): _cleaned(v, place, depth + 1) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_cleaned(item, place, depth + 1) for item in value]
    if isinstance(value, (date, datetime, time)):
        return value.isoformat()
    raise place.error(f"it has a value of type {type(value).__name__}, which is not JSON")


def finite(value: Json) -> Json:
    """`value` with null in place of NaN and infinity, which JSON does not have."""
    return value if _is_finite(value) else _made_finite(value)


def _is_finite(value: Json) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if type(value) is dict:
        return all(_is_finite(each) for each in value.values())
    if type(value) is list:
        return all(_is_finite(each) for each in value)
    return value is None or isinstance(value, str | int)


def _made_finite(value: Json) -> Json:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {k: _made_finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_made_finite(item) for item in value]
    return value
