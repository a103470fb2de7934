"""Repair text from outside, so that any file and any database can hold it.

Python's strings can contain halves of surrogate pairs, which UTF-8 cannot. They come from JSON and
YAML ("\\ud83d"), from file names and arguments that are not UTF-8 (each byte becomes one of U+DC80
to U+DCFF), from terminals, and from users' decision-makers. Code that takes such text calls
`storable`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")
BYTES = re.compile("[\udc80-\udcff]+")
"""Bytes that are not UTF-8, as `surrogateescape` decodes them."""
_HALVES = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\udc80-\udcff]+|[\ud800-\udfff]")
_DEEPEST = 64


def storable(text: str) -> str:
    """The text with halves of surrogate pairs joined, and U+FFFD for each single half."""
    if text.isascii() or not _HALVES.search(text):
        return text
    return _HALVES.sub(_whole, text)


def storable_parts(value: T) -> T:
    """A value of any shape (dataclasses, mappings, lists) with every text in it repaired.

    A value that needs no repair is returned as the same object.
    """
    made: T = _repaired(value, 0)
    return made


def raw_bytes(part: str) -> bytes:
    """The bytes that a run of U+DC80 to U+DCFF stands for."""
    return bytes(ord(char) - 0xDC00 for char in part)


def _whole(found: re.Match[str]) -> str:
    part = found.group()
    if BYTES.fullmatch(part):
        return raw_bytes(part).decode("utf-8", "replace")
    return part.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _repaired(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        made = storable(value)
        return value if made == value else made
    if depth > _DEEPEST or not _may_hold_text(value):
        return value
    if isinstance(value, Mapping):
        pairs = {_repaired(k, depth + 1): _repaired(v, depth + 1) for k, v in value.items()}
        same = all(a is b for a, b in zip(pairs, value, strict=False)) and all(
            pairs.get(key) is each for key, each in value.items()
        )
        return value if same else pairs
    if isinstance(value, list | tuple):
        parts = [_repaired(each, depth + 1) for each in value]
        if all(a is b for a, b in zip(parts, value, strict=True)):
            return value
        return parts if isinstance(value, list) else tuple(parts)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            each.name: made
            for each in fields(value)
            if each.init
            for old in [getattr(value, each.name)]
            for made in [_repaired(old, depth + 1)]
            if made is not old
        }
        return replace(value, **changed) if changed else value
    return value


def _may_hold_text(value: object) -> bool:
    """False for numbers and tuples of numbers: timelines are long, and a walk takes time."""
    while isinstance(value, tuple) and value:
        value = value[0]
    return value is not None and not isinstance(value, int | float | bytes)
