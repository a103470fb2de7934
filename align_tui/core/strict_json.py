"""A strict reader of JSON: it refuses a key with two values, NaN and infinity."""

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
    raise ValueError(f"{name} is not a number in JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_one_value_a_key, parse_constant=_no_number)


def read_json(text: str) -> Any:
    """Read a text that is one JSON value; raises ValueError or RecursionError otherwise.

    A key may come twice with the same value: its meaning is clear.
    """
    return _DECODER.decode(text)


def read_json_at(text: str, begin: int) -> tuple[Any, int]:
    """Read the value at offset `begin`; returns it and its end. Raises as `read_json` does."""
    value, end = _DECODER.raw_decode(text, begin)
    return value, end
