"""Text of anybody inside Markdown: nothing in it is taken for markup."""

from __future__ import annotations

import html
import re

from align_tui.core.text.display import one_line

# What would begin a list, or make a heading of the line above.
_BLOCK = re.compile(r"\A([0-9]{1,9}(?=[.)](?:\s|\Z))|(?=[-+=]))([-+=.)])")


def md(text: str) -> str:
    """`text` on one line, with nothing in it that Markdown or HTML takes for its own."""
    # Entities for what is HTML's: not every converter knows a backslash before it.
    escaped = html.escape(one_line(text), quote=False).replace("\\", "\\\\")
    for mark in "|*_`[]#~":
        escaped = escaped.replace(mark, "\\" + mark)
    return _BLOCK.sub(r"\1\\\2", escaped)
