"""The tabs above the panes if some have no room: what every column decided, in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from align_tui.core.answers import letter
from align_tui.monitor.marks import MarkName
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, Span, cut, fit_name

LEAST_NAME, FOCUSED_NAME = 6, 18  # cells of a name; the focused column always has one


@dataclass(frozen=True, slots=True)
class Tab:
    """One column: its name, the signs of its targets, its mark, and the choice that it took."""

    name: str
    sign: str
    mark: MarkName
    choice: int | None
    focused: bool = False


def tabs_line(tabs: Sequence[Tab], width: int, glyphs: Glyphs) -> Line:
    """`1 baseline ✗B  2 …high ▲ ✓A`: names have room only if all marks and choices have."""
    names = [tab.name for tab in tabs]
    letters = max((len(letter(tab.choice)) for tab in tabs if tab.choice is not None), default=0)
    room = (width - 1) // max(1, len(tabs)) - 6 - letters
    spans: list[Span] = []
    for number, tab in enumerate(tabs, start=1):
        style = "title" if tab.focused else "quiet"
        spans.append((f" {number}", "key" if tab.focused else "quiet"))
        if room >= LEAST_NAME or tab.focused:
            tail = f" {tab.sign}" if tab.sign else ""
            size = max(room, FOCUSED_NAME * tab.focused)
            spans.append((f" {fit_name(tab.name, tail, size, glyphs.more, names)}", style))
        spans.append((f" {glyphs.marks[tab.mark]}", tab.mark))
        if tab.choice is not None:
            spans.append((letter(tab.choice), "bright" if tab.focused else "text"))
        spans.append((" ", ""))
    return cut(spans, width, glyphs.more)
