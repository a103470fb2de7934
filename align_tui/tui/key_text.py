"""The names of keys: as a user writes them, as Textual calls them, and as the screen shows them."""

from __future__ import annotations

from textual.binding import Binding
from textual.keys import Keys, key_to_character

MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")
NAMED = {key.value for key in Keys} | {f"f{number}" for number in range(1, 25)}
SIGNS = {"slash": "/", "plus": "+", "minus": "-", "backslash": "\\", "at": "@", "underscore": "_"}
WORDS = {"pageup": "page up", "pagedown": "page down"}


def normal(key: str) -> str:
    """A key as Textual names it: `?` is `question_mark`."""
    if key == ",":
        return "comma"
    return next(iter(Binding.make_bindings([Binding(key, "")]))).key


def shown_key(key: str) -> str:
    """A key's name in a sentence: `question_mark` is `?`, `pageup` is `page up`."""
    return WORDS.get(key, written_key(key))


def written_key(key: str) -> str:
    """A key's name in a keymap file: its sign, or Textual's name."""
    sign = SIGNS.get(key) or (key_to_character(key) if key != "space" else None)
    return sign if sign and sign.isprintable() else key


def known_key(key: str) -> bool:
    """True if Textual knows a key of that name."""
    if not key or ("," in key and key != ","):
        return False
    *modifiers, last = key.split("+") if key != "+" else ["+"]
    if not all(modifier in MODIFIERS for modifier in modifiers) or not last:
        return False
    return (
        len(last) == 1
        or last in NAMED
        or last in SIGNS
        or key_to_character(normal(last)) is not None
    )
