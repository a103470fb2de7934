"""Remove escape codes from everything that is drawn, as the last step before the terminal.

Screens already make text `plain` where it comes in, so that a mark shows what stood there. This
filter checks every line of every widget again, Textual's own widgets included.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from align_tui.core.text.display import has_controls


class Clean(LineFilter):
    """A line filter that lets only text through and keeps its width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line's segments; clean segments are returned as they are."""
        for text, style, control in segments:  # fast path: nearly every line is clean
            if not (text.isprintable() or control) or (style is not None and style.link):
                break
        else:
            return segments
        if all(map(_is_clean, segments)):
            return segments
        return [segment if _is_clean(segment) else _cleaned(segment) for segment in segments]


def _is_clean(segment: Segment) -> bool:
    text, style, control = segment
    if control:
        return True
    return (text.isprintable() or not has_controls(text)) and (style is None or not style.link)


def _cleaned(segment: Segment) -> Segment:
    text, style, _ = segment
    safe = "".join("\ufffd" * cell_len(c) if has_controls(c) else c for c in text)
    # A link is an escape code with an address in it.
    return Segment(safe, style.update_link(None) if style is not None and style.link else style)
