"""Text from a server made whole as it comes: halves of characters joined, marks of ours taken out.

A server may cut a character between two chunks: the halves of a surrogate pair, or the bytes of
its UTF-8 (see `event_stream`, which turns such bytes into the surrogates U+DC80 to U+DCFF).
"""

from __future__ import annotations

import codecs

from align_tui.core.replies import without_marks
from align_tui.core.text.repair import raw_bytes, storable


class Repair:
    """Repairs a text that comes in pieces: the pieces together are the repair of the whole."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> str:
        """What is certain of the text so far; half a character waits for its other half."""
        if not self._held and piece.isascii():
            return without_marks(piece)
        text = self._held + piece
        self._held = _unfinished(text)
        return repaired(text[: len(text) - len(self._held)])

    def end(self) -> str:
        """What still waited: nothing more comes."""
        text, self._held = self._held, ""
        return repaired(text)


def repaired(text: str) -> str:
    """A whole text, repaired: UTF-8 can hold it, and it has no mark of our own streams."""
    return without_marks(storable(text))


def _unfinished(text: str) -> str:
    """The end of a text that the next piece may complete."""
    last = text[-1:]
    if "\ud800" <= last <= "\udbff":
        return last
    if not "\udc80" <= last <= "\udcff":
        return ""
    # A run of bytes begins behind the low half of a pair, should there be one.
    begin = len(text)
    while begin and "\udc80" <= text[begin - 1] <= "\udcff":
        begin -= 1
    if begin and "\ud800" <= text[begin - 1] <= "\udbff":
        begin += 1
    raw = raw_bytes(text[begin:])
    _, used = codecs.utf_8_decode(raw, "replace", False)
    return text[len(text) - (len(raw) - used) :] if used < len(raw) else ""
