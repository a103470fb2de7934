"""Read the texts and numbers of a JSON reply that may still be unfinished."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from align_tui.core.text.repair import storable

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "\\": "\\", "/": "/"}
_BLANKS = re.compile(r"[\s,]*")
_COLON = re.compile(r"\s*:\s*")
_TOKEN = re.compile(r"[^\s,{}\[\]\":]+")
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Value:
    """A value, neither object nor list: the keys that lead to it, and its text, unescaped.

    `is_text` is False for a number or a word. `is_whole` is False while it may still grow.
    """

    path: tuple[str, ...]
    text: str
    is_text: bool
    is_whole: bool


def string_at(text: str, begin: int) -> tuple[str, int | None]:
    """The JSON string whose first character is at `begin`, so far, and the end of its quotes.

    The end is None while the string is unfinished; half of an escape waits for the rest.
    """
    out: list[str] = []
    i = begin
    while i < len(text) and text[i] != '"':
        if text[i] != "\\":
            out.append(text[i])
            i += 1
        elif i + 1 >= len(text):
            return storable("".join(out)), None
        elif text[i + 1] == "u":
            digits = text[i + 2 : i + 6]
            if not re.fullmatch(r"[0-9a-fA-F]{4}", digits):
                return storable("".join(out)), None
            out.append(chr(int(digits, 16)))
            i += 6
        else:
            out.append(_ESCAPES.get(text[i + 1], text[i + 1]))
            i += 2
    return storable("".join(out)), i + 1 if i < len(text) else None


def values_so_far(text: str) -> Iterator[Value]:
    """The values of the first object in `text`, in order; it stops at whatever is not JSON.

    Lists are not read, nor objects deeper than four levels.
    """
    begin = text.find("{")
    path: list[str] = []
    i = begin + 1
    while begin >= 0:
        i = _skip(_BLANKS, text, i)
        if text[i : i + 1] == "}":
            if not path:
                return
            path.pop()
            i += 1
            continue
        if text[i : i + 1] != '"':
            return
        key, end = string_at(text, i + 1)
        colon = _COLON.match(text, end) if end is not None else None
        if colon is None:
            return
        i = colon.end()
        match text[i : i + 1]:
            case "{" if len(path) + 1 < _DEEPEST:
                path.append(key)
                i += 1
            case '"':
                value, end = string_at(text, i + 1)
                yield Value((*path, key), value, True, end is not None)
                if end is None:
                    return
                i = end
            case _:
                token = _TOKEN.match(text, i)
                if token is None:
                    return
                yield Value((*path, key), token.group(), False, token.end() < len(text))
                i = token.end()


def _skip(blanks: re.Pattern[str], text: str, i: int) -> int:
    found = blanks.match(text, i)
    return found.end() if found is not None else i
