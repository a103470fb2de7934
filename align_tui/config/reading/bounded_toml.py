"""TOML of anybody: what tomllib would take for ever over is refused before it is asked.

tomllib takes the square of the number of parts of a dotted key, and the same again for each
header. So keys are looked at first, by one pass over the text without its strings.
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

# A string that does not end takes the rest: tomllib stops there too. All of it is possessive.
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
    """The tables of `text`; raises ValueError, which names a line where it can."""
    _check(text, most)
    try:
        found = tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:  # Python's own, about a number or a date
        said = "a whole number of thousands of digits" if "digits" in str(error) else error
        raise ValueError(f"a value in it cannot be read: {said}") from error
    check_values(found)
    return found


def _check(text: str, most: int) -> None:
    bare = _STRINGS.sub(_mark, text)
    if sum(bare.count(sign) for sign in ",=[{") > most:
        raise ValueError(f"it holds more than {most:,} values")
    if (long := _LONG.search(bare)) is not None:
        line = bare.count("\n", 0, long.start()) + 1
        raise ValueError(f"a name or number of more than {MOST_SIGNS:,} signs (at line {line})")
    work = 0
    for key in _KEY.finditer(bare):
        parts = key.group().count(".") + 1
        work += parts * parts
        if parts > MOST_PARTS or work > MOST_WORK:
            line = bare.count("\n", 0, key.start()) + 1
            what = f"a key of {parts:,} parts" if parts > MOST_PARTS else "too many dotted keys"
            raise ValueError(f"{what}, and at most {MOST_PARTS} are read (at line {line})")


def _mark(found: re.Match[str]) -> str:
    """What stands for a string or a comment: as many lines, and nothing that could be a key."""
    lines = "\n" * found.group().count("\n")
    return lines if found.group().startswith("#") else f'""{lines}'


def check_values(table: dict[str, Any]) -> None:
    """Raise ValueError for values that are nested deeply, or whole numbers nobody could print."""
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
            raise ValueError("it holds a whole number of thousands of digits")


def as_json(value: Any) -> Any:
    """A value of TOML as JSON has it: dates as text; raises ValueError for NaN and infinities."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("a number that is not finite (nan, inf) cannot be kept")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: as_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    return value
