"""JSON that means one thing: no key with two values, no NaN, which are no JSON at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from align_tui.core.types import canonical


def _one_value_a_key(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made and canonical(made[key]) != canonical(value):
            raise ValueError(f"the key {key[:80]!r} has two values")
        made[key] = value
    return made


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_one_value_a_key, parse_constant=_no_number)


def read_json(text: str) -> Any:
    """The value of a whole text; raises ValueError or RecursionError for what is not one value.

    A key that comes twice with the same value is read: its meaning is clear.
    """
    return _DECODER.decode(text)


def read_json_at(text: str, begin: int) -> tuple[Any, int]:
    """The value that begins at that character, and where it ends; raises as `read_json`."""
    value, end = _DECODER.raw_decode(text, begin)
    return value, end
