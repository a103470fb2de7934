"""Say in plain words what pydantic found wrong with a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LONGEST_VALUE = 60

_WORDS = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a finite number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "set_type": "must be a list",
    "frozen_set_type": "must be a list",
    "dict_type": "must be a table",
    "mapping_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
}
"""What a value must be, by the type of pydantic's error; `{ge}` and others are of its context."""

_LENGTHS = {
    "string_too_short": "is shorter than {min_length} characters",
    "string_too_long": "is longer than {max_length} characters",
    "too_short": "has fewer than {min_length} entries",
    "too_long": "has more than {max_length} entries",
}


def sentence(key: str, problem: Mapping[str, Any]) -> str:
    """`target.0.value must be at most 1, not 3`, for a problem of the key (empty: the file)."""
    kind = str(problem["type"])
    context = {name: _plain(value) for name, value in problem.get("ctx", {}).items()}
    least = context.get("min_length")
    if kind in ("string_too_short", "too_short") and least == 1:
        words = "must not be empty"
    elif kind in _LENGTHS:
        words = _LENGTHS[kind].format_map(context)
    elif kind in _WORDS:
        words = _WORDS[kind].format_map(context) + _not(problem.get("input"))
    elif kind == "union_tag_invalid":
        name = str(context["discriminator"]).strip("'")
        return f"{key}: there is no {name} {str(context['tag'])[:LONGEST_VALUE]!r}"
    else:
        # A validator of ours wrote it, or it is rare.
        message = str(problem["msg"]).removeprefix("Value error, ")
        return f"{key}: {message}" if key else message
    return f"{key or 'the file'} {words}"


def _plain(limit: object) -> object:
    """1 in the place of 1.0, as a user would write it."""
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit


def _not(given: object) -> str:
    """`, not 3`; for a list or a table its kind, since its content may be long."""
    if isinstance(given, Mapping):
        return ", not a table"
    if isinstance(given, list | tuple | set | frozenset):
        return ", not a list"
    if isinstance(given, bool):
        return ", not true" if given else ", not false"
    if isinstance(given, str | int | float):
        text = repr(given)
        return f", not {text if len(text) <= LONGEST_VALUE else f'{text[:LONGEST_VALUE]}…'}"
    return ""
