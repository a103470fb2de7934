"""Find and repair one JSON object in free text of a model, which may be cut or malformed.

The repairs are those of align-system (commit 6d59f0d, decision_flow_adm/utils.py), in the same
order, so that the same replies can be read. The text may be hostile: it is cut at MAX_CHARS, and
every search is linear in its length or bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from align_tui.core.errors import ReplyError
from align_tui.core.strict_json import read_json, read_json_at
from align_tui.core.text.repair import storable_parts
from align_tui.core.types import Json

MAX_CHARS = 100_000
MAX_KEYS = 1_000  # the most `"key":` that `search_keys` looks at
_COMMA_BEFORE_END = re.compile(r",(?=\s*[}\]])")
_LINE_END = re.compile(r"\r?\n|\\n")
_KEY = re.compile(r'"([^"\\\n]{1,200})"\s*:\s*')


def closed(text: str) -> str:
    """The text without commas before a closing bracket, and with missing brackets appended.

    Every missing `]` comes with a quote before it, since a list is mostly cut inside a string.
    Brackets inside strings count too, so use this only on text that is not valid JSON.
    """
    made = _COMMA_BEFORE_END.sub("", text)
    made += '"]' * (made.count("[") - made.count("]"))
    return made + "}" * (made.count("{") - made.count("}"))


def cut_out(text: str) -> str:
    """The text from its first `{` to its last `}`, in one line, closed; without both, `text`."""
    begin, end = text.find("{"), text.rfind("}")
    if begin < 0 or end < begin:
        return text
    return closed(_LINE_END.sub(" ", text[begin : end + 1]))


def find_object(
    text: str, keys: Sequence[str] = (), *, by_key: bool = True
) -> dict[str, Json] | None:
    """The JSON object in a text, or None.

    It is the whole text; else the part between its braces, repaired; else the first object; else,
    with `by_key`, what `search_keys` finds, of `keys` alone if there are any.
    """
    text = text[:MAX_CHARS].strip()
    flat = _LINE_END.sub(" ", text[max(0, text.find("{")) :])
    ways: tuple[Callable[[], Any], ...] = (
        lambda: read_json(text),
        lambda: read_json(cut_out(text)),
        lambda: read_json_at(flat, 0)[0],
    )
    for read in ways:
        try:
            found = read()
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return storable_parts(found)
    return (search_keys(text, keys) or None) if by_key else None


def search_keys(text: str, keys: Collection[str] = ()) -> dict[str, Json]:
    """Every `"key": value` in a text that is not JSON, whose value is a text, a count or a list.

    Numbers with a fraction, objects, true, false and null are left out: a cut text may have cut
    them too. With `keys`, only these are looked for. The first value of a key counts.
    """
    found: dict[str, Json] = {}
    for number, match in enumerate(_KEY.finditer(text[:MAX_CHARS])):
        if number >= MAX_KEYS:
            break
        key = match.group(1)
        if key in found or (keys and key not in keys):
            continue
        try:
            value, _ = read_json_at(text, match.end())
        except (ValueError, RecursionError):
            continue
        if isinstance(value, str | list) or type(value) is int:
            found[key] = value
    return storable_parts(found)


def read_loose(text: str, required: Sequence[str]) -> dict[str, Json]:
    """The object in a text that has all the `required` keys; raises ReplyError."""
    found = find_object(text, required)
    if found is None:
        raise ReplyError(f"The reply has no JSON object that can be read: {text[:80]!r}")
    missing = [key for key in required if key not in found]
    if missing:
        raise ReplyError(f"The reply lacks {', '.join(map(repr, missing))}: {text[:80]!r}")
    return found
