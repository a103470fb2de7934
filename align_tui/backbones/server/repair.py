"""Repair a server's text in pieces: join halves of characters, and remove this program's marks.

A server may cut a character between two chunks: into the halves of a surrogate pair, or into bytes
of its UTF-8 (`event_stream` turns such bytes into the surrogates U+DC80 to U+DCFF).
"""

from __future__ import annotations

import codecs

from align_tui.core.replies import without_marks
from align_tui.core.text.repair import raw_bytes, storable


class Repair:
    """Repairs a text in pieces; the joined result equals the repair of the whole text."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """Add a piece; returns the new certain text, without half a character at its end."""
        if not self._held and piece.isascii():
            return without_marks(piece)
        text = self._held + piece
        self._held = _unfinished(text)
        return repaired(text[: len(text) - len(self._held)])

    def end(self) -> str:
        """The rest of the text, after the last piece."""
        text, self._held = self._held, ""
        return repaired(text)


def repaired(text: str) -> str:
    """A whole text, repaired: valid for UTF-8, and without marks of this program's streams."""
    return without_marks(storable(text))


def _unfinished(text: str) -> str:
    """The end of a text that the next piece may complete to a character."""
    last = text[-1:]
    if "\ud800" <= last <= "\udbff":
        return last
    if not "\udc80" <= last <= "\udcff":
        return ""
    # If a high half comes before the bytes, the first byte is its low half.
    begin = len(text)
    while begin and "\udc80" <= text[begin - 1] <= "\udcff":
        begin -= 1
    if begin and "\ud800" <= text[begin - 1] <= "\udbff":
        begin += 1
    raw = raw_bytes(text[begin:])
    _, used = codecs.utf_8_decode(raw, "replace", False)
    return text[len(text) - (len(raw) - used) :] if used < len(raw) else ""
