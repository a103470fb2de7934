"""Text from models and files made safe to show: no escape codes, no control characters."""

from __future__ import annotations

import re

# C0 and C1 controls but tab and newline; halves of surrogate pairs; overrides, embeddings and
# isolates, which reorder a whole line; what has no width and hides in a word. The joiners stay:
# emoji and the words of several scripts are written with them.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029]")
# Marks of direction have no shape and turn what stands beside them: without them nothing is lost.
_MARKS = re.compile("[\u061c\u200e\u200f]")

_CHANGED = re.compile("[\t\n\r\u2028\u2029\u061c\u200e\u200f]")


def plain(text: str) -> str:
    """`text` with controls shown as a replacement mark, tabs as blanks, line ends as newlines."""
    if text.isascii() and text.isprintable():
        return text
    text = _MARKS.sub("", _LINE_ENDS.sub("\n", text)).expandtabs(4)
    return _UNSAFE.sub("\ufffd", text)


def has_controls(text: str) -> bool:
    """Is there anything in it that `plain` would change, line ends and tabs among it?"""
    return _UNSAFE.search(text) is not None or _CHANGED.search(text) is not None


def one_line(text: str, width: int = 0) -> str:
    """`plain`, with all blanks folded to one; cut to `width` characters with an ellipsis."""
    line = " ".join(plain(text).split())
    if width and len(line) > width:
        return line[: max(0, width - 1)].rstrip() + "…"
    return line
