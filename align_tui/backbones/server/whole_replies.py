"""Read a reply from a server's text: the JSON object that fits, without text around it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from align_tui.backbones.server.replies import check_value
from align_tui.core.errors import ReplyError
from align_tui.core.strict_json import read_json, read_json_at
from align_tui.core.types import JsonObject

_MARK = (
    r"<\|?/?[a-zA-Z_]{1,30}\|?>|<[|｜][^<>\s]{1,40}[|｜]?>|\[/?[A-Z_]{3,20}\]|```\w*"
    r"|(?:final )?answer:"
)
_MARKS = re.compile(rf"(?>\s+|{_MARK})*+", re.IGNORECASE)  # atomic: some marks fit two ways
"""Stop markers, tags and fences around a reply, which carry no meaning."""
_PART_OF = ("[", ",", '":')


@dataclass(frozen=True, slots=True)
class Whole:
    """A reply that fits. `left_out` is the text around it, without blanks and fences.

    `bare`: only stop markers follow it, as when a server holds the reply to its schema.
    """

    text: str
    left_out: str = ""
    bare: bool = True


def read_whole(text: str, schema: JsonObject) -> Whole:
    """The reply in a text; raises ReplyError when there is none, or more than one.

    The reply is one object at the beginning or the end of the text, or alone between marks.
    """
    bare = text.strip()
    try:
        value = read_json(bare)
    except (ValueError, RecursionError) as error:
        found = _amid(bare)
        if found is None:
            raise ReplyError(f"The reply is not JSON ({error}): {bare[:80]!r}") from error
        value, begin, end = found
        check_value(value, schema)
        around = f"{bare[:begin]} {bare[end:]}".replace("```json", "").replace("```", "")
        alone = begin == 0 and bool(_MARKS.fullmatch(bare[end:]))
        return Whole(bare[begin:end], around.strip(), alone)
    try:
        check_value(value, schema)
    except ReplyError:
        inner = _inner(value)
        if inner is None:
            raise
        found_inside = read_whole(inner, schema)
        return Whole(found_inside.text, "a list or a string around the reply", False)
    return Whole(bare)


def _inner(value: object) -> str | None:
    """The reply inside a string or a list of one object, or None."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return value
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return json.dumps(value[0], ensure_ascii=False, separators=(",", ":"))
    return None


def _amid(text: str) -> tuple[object, int, int] | None:
    """The only object of a text, with its begin and end; None when there may be several."""
    begin = text.find("{")
    if begin < 0:
        return None
    try:
        value, end = read_json_at(text, begin)
    except (ValueError, RecursionError):
        return None
    before, after = text[:begin], text[end:]
    # More objects, or part of a larger value: it is unclear which is the reply.
    if "{" in after or after.lstrip().startswith(",") or before.rstrip().endswith(_PART_OF):
        return None
    fenced = before.rstrip().lower().endswith(("```", "```json")) and after.lstrip()[:3] == "```"
    if not fenced and not any(_MARKS.fullmatch(part) for part in (before, after)):
        return None
    return value, begin, end
