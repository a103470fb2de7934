"""Read untrusted JSON: a limited number of values, no key twice, in linear time."""

from __future__ import annotations

import json
from typing import Any

from align_tui.core.text.display import one_line

MOST_VALUES = 1_000_000
LONGEST_NUMBER = 4_000
"""The most digits; Python neither reads nor prints an integer of more than 4300."""


def check_count(text: str, most: int = MOST_VALUES) -> None:
    """Raise ValueError for a text with too many values, which take far more memory than the text.

    Signs inside strings count too: an upper bound suffices.
    """
    signs = sum(text.count(sign) for sign in ",:[{")
    if signs > most:
        raise ValueError(f"it has more than {most:,} values")


def parse_json(text: str, most: int = MOST_VALUES) -> Any:
    """Parse JSON; raises ValueError, also for a key that is given twice and for deep nesting."""
    check_count(text, most)
    try:
        return json.loads(text, object_pairs_hook=_each_key_once, parse_int=_whole)
    except RecursionError as error:
        raise ValueError("the values are nested too deeply") from error


def parse_object(data: bytes, most: int = MOST_VALUES) -> dict[str, Any]:
    """Parse a JSON object in UTF-8 bytes; raises ValueError."""
    found = parse_json(data.decode("utf-8-sig"), most)
    if not isinstance(found, dict):
        raise ValueError("it is not an object")
    return found


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"an integer in it has {len(digits):,} digits")
    return int(digits)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ValueError(f"the key {one_line(name, 60)!r} is given twice in one object")
            seen.add(name)
    return table
