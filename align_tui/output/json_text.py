"""JSON for programs, which is safe to show on a terminal too."""

from __future__ import annotations

import json
import math
import re
from typing import Any

# DEL and C1; characters that are invisible or break or reorder lines; half surrogates. JSON
# itself escapes C0 only. A parser reads the same text from the escapes.
_ESCAPED = re.compile(
    "[\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def json_text(value: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """The value as JSON in which every control and format character is escaped.

    A number that is not finite becomes null, since JSON has no NaN.
    """
    try:
        text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, allow_nan=False)
    except ValueError:
        finite = _finite(value)
        text = json.dumps(finite, ensure_ascii=ascii_only, indent=indent, allow_nan=False)
    return text if text.isascii() and "\x7f" not in text else _ESCAPED.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value
