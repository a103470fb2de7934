"""Make text of models and files safe to show: remove escape codes and control characters."""

from __future__ import annotations

import re

# C0 and C1 controls except tab and newline; halves of surrogate pairs; overrides, embeddings and
# isolates, which reorder a whole line; characters without width, which hide in a word. The joiners
# stay: emoji and words of several scripts need them.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029]")
# Marks of direction have no shape and reorder their neighbours: removing them loses nothing.
_MARKS = re.compile("[\u061c\u200e\u200f]")

_CHANGED = re.compile("[\t\n\r\u2028\u2029\u061c\u200e\u200f]")


def plain(text: str) -> str:
    """`text` with U+FFFD for controls, blanks for tabs, and newlines for all line ends."""
    if text.isascii() and text.isprintable():
        return text
    text = _MARKS.sub("", _LINE_ENDS.sub("\n", text)).expandtabs(4)
    return _UNSAFE.sub("\ufffd", text)


def has_controls(text: str) -> bool:
    """Does the text contain anything that `plain` changes, line ends and tabs included?"""
    return _UNSAFE.search(text) is not None or _CHANGED.search(text) is not None


def one_line(text: str, width: int = 0) -> str:
    """`plain` text on one line with single blanks, cut to `width` characters (0: not cut)."""
    line = " ".join(plain(text).split())
    if width and len(line) > width:
        return line[: max(0, width - 1)].rstrip() + "…"
    return line
