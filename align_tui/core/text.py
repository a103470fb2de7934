"""Text from models and files made safe to show: no escape codes, no control characters."""

from __future__ import annotations

import re

# C0 and C1 controls but tab and newline; bidi overrides and isolates, which reorder a whole line.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def plain(text: str) -> str:
    """`text` with controls shown as a replacement mark, tabs as blanks, line ends as newlines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    return _UNSAFE.sub("\ufffd", text)


def one_line(text: str, width: int = 0) -> str:
    """`plain`, with all blanks folded to one; cut to `width` characters with an ellipsis."""
    line = " ".join(plain(text).split())
    if width and len(line) > width:
        return line[: max(0, width - 1)].rstrip() + "…"
    return line
