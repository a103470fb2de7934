"""Plain Python values from what a user's code returned: numbers, text, tuples, mappings, JSON.

Each function takes a value and `what` it is, and raises AdmError that names it. Values of numpy and
torch count as what they hold.
"""

from __future__ import annotations

import json
import math
import operator
from collections.abc import Mapping

from align_tui.core.errors import AdmError
from align_tui.core.text.error_text import error_message
from align_tui.core.text.plurals import counted
from align_tui.core.text.repair import storable
from align_tui.core.types import JsonObject

MAX_ATTRIBUTES = 1_000  # of a choice
MAX_NAME_CHARS = 500
MAX_JSON_CHARS = 200_000
_MOST = 2**63 - 1  # the largest whole number that a database keeps
HINT = "align_tui.core.decisions describes the fields of a Decision. Numbers must be finite."


def as_index(value: object, choices: int, what: str = "choice") -> int:
    """The index of one of the choices."""
    index = whole(value, what)
    if not 0 <= index < choices:
        raise AdmError(
            f"The decision-maker chose number {index + 1} of {counted(choices, 'choice')}"
            if what == "choice"
            else f"Its {what} is choice number {index + 1} of {counted(choices, 'choice')}"
        )
    return index


def whole(value: object, what: str) -> int:
    """`value` as a plain int (numpy's count, bools do not); raises AdmError."""
    if not isinstance(value, bool):
        try:
            number = operator.index(value)  # type: ignore[arg-type]  # a TypeError is the answer
        except TypeError:
            pass
        else:
            if -_MOST <= number <= _MOST:
                return number
    raise AdmError(f"Its {what} is {shown(value)}, which is not a whole number", HINT)


def shown(value: object) -> str:
    """The value in at most 60 characters, for a message."""
    try:
        text = repr(value)
    except Exception:  # an object of a user's code
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:59]}…"


def as_text(value: object, what: str) -> str:
    """`value` as text that a database can store."""
    if not isinstance(value, str):
        raise AdmError(f"Its {what} is {shown(value)}, which is not text", HINT)
    return storable(str(value))


def as_number(value: object, what: str) -> float:
    """`value` as a finite float."""
    if not isinstance(value, (bool, str, bytes)):
        try:
            number = float(value)  # type: ignore[arg-type]  # so is a TypeError here
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    raise AdmError(f"Its {what} has {shown(value)}, which is not a finite number", HINT)


def as_tuple(value: object, what: str) -> tuple[object, ...]:
    """The values of a tuple or a list."""
    if isinstance(value, (tuple, list)):
        return tuple(value)
    raise AdmError(f"Its {what} is {shown(value)}, which is not a tuple", HINT)


def as_list(value: object, what: str) -> tuple[object, ...]:
    """The values of a tuple, a list or an array (numpy, torch)."""
    return as_tuple(value.tolist() if hasattr(value, "tolist") else value, what)


def at_most(most: int, value: object, what: str) -> tuple[object, ...]:
    """The values of a tuple, a list or an array that has at most `most` of them."""
    found = as_list(value, what)
    if len(found) > most:
        raise AdmError(f"Its {what} has {len(found):,} parts; the limit is {most:,}", HINT)
    return found


def by_choice(value: object, what: str, choices: int) -> tuple[object, ...]:
    """The values of a tuple, a list or an array that has one for each choice."""
    given = as_list(value, what)
    if len(given) != choices:
        has = counted(len(given), "part")
        raise AdmError(f"Its {what} has {has} for {counted(choices, 'choice')}", HINT)
    return given


def by_attribute(value: object, what: str) -> dict[str, object]:
    """A mapping by attribute id, each name repaired."""
    if not isinstance(value, Mapping):
        raise AdmError(f"Its {what} is {shown(value)}, not a mapping by attribute", HINT)
    if len(value) > MAX_ATTRIBUTES:
        raise AdmError(
            f"Its {what} has {len(value):,} attributes; the limit is {MAX_ATTRIBUTES:,}",
            HINT,
        )
    found: dict[str, object] = {}
    for key, each in value.items():
        name = as_name(key, f"{what} (the name of an attribute)")
        if not name.strip() or name in found:
            raise AdmError(f"Its {what} has the attribute {shown(name)} twice or unnamed", HINT)
        found[name] = each
    return found


def as_unit(value: object, what: str) -> float:
    """`value` as a float in 0..1."""
    number = as_number(value, what)
    if not 0.0 <= number <= 1.0:
        raise AdmError(f"Its {what} has {number:g}, which is not in 0..1", HINT)
    return number


def as_name(value: object, what: str) -> str:
    """`value` as text of at most MAX_NAME_CHARS characters."""
    text = as_text(value, what)
    if len(text) > MAX_NAME_CHARS:
        raise AdmError(f"Its {what} is longer than {MAX_NAME_CHARS} characters", HINT)
    return text


def small_json(value: object, what: str) -> JsonObject:
    """`value` as a JSON object of at most MAX_JSON_CHARS characters."""
    made = as_json(value, what)
    if len(json.dumps(made, ensure_ascii=False)) > MAX_JSON_CHARS:
        raise AdmError(f"Its {what} is longer than {MAX_JSON_CHARS:,} characters", HINT)
    return made


def as_json(value: object, what: str) -> JsonObject:
    """`value` as a JSON object without NaN and infinity."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise AdmError(f"Its {what} is not JSON: {error_message(error)}", HINT) from error
    if not isinstance(value, Mapping):
        raise AdmError(f"Its {what} is not a JSON object", HINT)
    fit = storable(text)
    made: JsonObject = value if fit == text else json.loads(fit)
    return made
