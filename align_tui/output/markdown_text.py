"""Put any text inside Markdown so that nothing in it is read as markup."""

from __future__ import annotations

import html
import re

from align_tui.core.text.display import one_line

# Text that would begin a list, or turn the line above into a heading.
_BLOCK = re.compile(r"\A([0-9]{1,9}(?=[.)](?:\s|\Z))|(?=[-+=]))([-+=.)])")


def md(text: str) -> str:
    """`text` on one line, with everything escaped that Markdown or HTML would interpret."""
    # Entities for HTML's characters: not every converter reads a backslash before them.
    escaped = html.escape(one_line(text), quote=False).replace("\\", "\\\\")
    for mark in "|*_`[]#~":
        escaped = escaped.replace(mark, "\\" + mark)
    return _BLOCK.sub(r"\1\\\2", escaped)
