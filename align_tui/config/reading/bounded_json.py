"""JSON of anybody: bounded in how much it holds, each key once, read in time that grows with it."""

from __future__ import annotations

import json
from typing import Any

from align_tui.core.text.display import one_line

MOST_VALUES = 1_000_000
LONGEST_NUMBER = 4_000
"""Digits; Python itself neither reads nor prints a whole number of more than 4300."""


def check_count(text: str, most: int = MOST_VALUES) -> None:
    """Raise ValueError for a text whose values would take far more memory than the text does.

    Signs inside of strings are counted too: what is wanted is a bound.
    """
    signs = sum(text.count(sign) for sign in ",:[{")
    if signs > most:
        raise ValueError(f"it holds more than {most:,} values")


def parse_json(text: str, most: int = MOST_VALUES) -> Any:
    """`json.loads` that refuses a key given twice; raises ValueError (RecursionError included)."""
    check_count(text, most)
    try:
        return json.loads(text, object_pairs_hook=_each_key_once, parse_int=_whole)
    except RecursionError as error:
        raise ValueError("the values are nested too deeply") from error


def parse_object(data: bytes, most: int = MOST_VALUES) -> dict[str, Any]:
    """The object that UTF-8 bytes hold as JSON; raises ValueError."""
    found = parse_json(data.decode("utf-8-sig"), most)
    if not isinstance(found, dict):
        raise ValueError("it holds no object")
    return found


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"a whole number in it has {len(digits):,} digits")
    return int(digits)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"the key {one_line(name, 60)!r} stands twice in one object")
            seen.add(name)
    return table
