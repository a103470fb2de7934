"""Read untrusted TOML: refuse text that tomllib would take too long over.

tomllib takes time with the square of the number of parts of a dotted key, and again for each
header. So one pass over the text without its strings checks the keys first.
"""

from __future__ import annotations

import math
import re
import tomllib
from datetime import date, time
from typing import Any

MOST_PARTS = 64
MOST_WORK = 4_000_000
MOST_VALUES = 300_000
MOST_SIGNS = 20_000
MOST_BITS = 8_192  # far below the 4300 digits that Python refuses to print

# A string that does not end takes the rest of the text: tomllib stops there too. All quantifiers
# are possessive, so that matching takes linear time.
_STRINGS = re.compile(
    r'"""(?:[^"\\]++|\\.|"{1,2}(?!"))*+"""'
    r"|'''(?:[^']++|'{1,2}(?!'))*+'''"
    r'|"(?!"")(?:[^"\\\n]++|\\.)*+"'
    r"|'(?!'')[^'\n]*+'"
    r"|\#[^\n]*+"
    r"""|["'].*+""",
    re.DOTALL,
)
# tomllib's patterns take 150 bytes of memory for each digit of a number.
_LONG = re.compile(rf"[\w.+\-]{{{MOST_SIGNS},}}+")
_KEY = re.compile(r'(?<![\w".\-])(?:[\w\-]++|"")(?:[ \t]*+\.[ \t]*+(?:[\w\-]++|"")){3,}+')


def parse_toml(text: str, most: int = MOST_VALUES) -> dict[str, Any]:
    """Parse TOML; raises ValueError, which names a line if it can."""
    _check(text, most)
    try:
        found = tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:  # Python's own, about a number or a date
        reason = "an integer of thousands of digits" if "digits" in str(error) else error
        raise ValueError(f"a value in it cannot be read: {reason}") from error
    check_values(found)
    return found


def _check(text: str, most: int) -> None:
    bare = _STRINGS.sub(_mark, text)
    if sum(bare.count(sign) for sign in ",=[{") > most:
        raise ValueError(f"it has more than {most:,} values")
    if (long := _LONG.search(bare)) is not None:
        line = bare.count("\n", 0, long.start()) + 1
        raise ValueError(
            f"a name or number has more than {MOST_SIGNS:,} characters (at line {line})"
        )
    work = 0
    for key in _KEY.finditer(bare):
        parts = key.group().count(".") + 1
        work += parts * parts
        if parts > MOST_PARTS or work > MOST_WORK:
            line = bare.count("\n", 0, key.start()) + 1
            if parts > MOST_PARTS:
                what = f"a key has {parts:,} parts; the limit is {MOST_PARTS}"
            else:
                what = "it has too many dotted keys"
            raise ValueError(f"{what} (at line {line})")


def _mark(found: re.Match[str]) -> str:
    """A replacement for a string or a comment: the same number of lines, and no key."""
    lines = "\n" * found.group().count("\n")
    return lines if found.group().startswith("#") else f'""{lines}'


def check_values(table: dict[str, Any]) -> None:
    """Raise ValueError for values that are nested too deeply, or integers too long to print."""
    stack: list[tuple[Any, int]] = [(table, 0)]
    while stack:
        value, depth = stack.pop()
        if depth > MOST_PARTS + 2:
            raise ValueError("nested too deeply")
        if isinstance(value, dict):
            stack.extend((each, depth + 1) for each in value.values())
        elif isinstance(value, list):
            stack.extend((each, depth + 1) for each in value)
        elif isinstance(value, int) and value.bit_length() > MOST_BITS:
            raise ValueError("it has an integer of thousands of digits")


def as_json(value: Any) -> Any:
    """Convert a TOML value to JSON, dates to text; raises ValueError for NaN and infinity."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number that is not finite (nan, inf) cannot be stored")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    return value
