"""The last gate before a terminal: no text that is drawn commands it, whoever drew it.

Screens make text `plain` where it comes in, so that what was there shows as a mark. This looks once
more at every line of every widget, Textual's own ones too, and takes out what is left.
"""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from align_tui.core.text.display import has_controls


class Clean(LineFilter):
    """A filter of lines that lets only text through, at the same width."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The line's segments; those that were clean are the same ones."""
        for text, style, control in segments:  # nearly every line passes here, at every paint
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
