"""Readable text of a reply that is not a decision, while it is written: the texts in its JSON."""

from __future__ import annotations

import re

from align_tui.core.replies import CHOICE, split_thinking
from align_tui.core.strict_json import read_json
from align_tui.core.text.repair import storable

MAX_CHARS = 200_000
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)("?)|([{}\[\],:])', re.DOTALL)


def words_so_far(text: str) -> str:
    """The text values of an unfinished reply, one on each line; a text that is not JSON as it is.

    It is '' for a reply that takes a choice: its reasoning is shown.
    """
    reply = split_thinking(text)[1].lstrip()[:MAX_CHARS]
    if not reply.startswith(("{", "[")):
        return storable(reply)
    words: list[str] = []
    inside: list[str] = []
    is_key = False
    for written, closed, mark in _TOKEN.findall(reply):
        if mark in ("{", "["):
            inside.append(mark)
        elif mark in ("}", "]"):
            del inside[-1:]
        if mark:
            is_key = inside[-1:] == ["{"] and mark in ("{", ",")
        elif not is_key:
            words.append(_unescaped(written, whole=bool(closed)))
        elif written == CHOICE:
            return ""
    return storable("\n".join(word for word in words if word.strip()))


def _unescaped(written: str, *, whole: bool) -> str:
    """The text that a JSON string means; of an unfinished one, without a cut escape at its end."""
    if not whole:
        written = re.sub(r"\\(u[0-9a-fA-F]{0,3})?$", "", written)
    try:
        return str(read_json(f'"{written}"'))
    except ValueError:  # a raw end of line, or an escape that JSON does not have
        return written
