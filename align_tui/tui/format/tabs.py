"""The tabs above the panes if some have no room: what every column decided, in one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from align_tui.core.answers import letter
from align_tui.monitor.marks import MarkName
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, Span, cells, cut, fit_name

LEAST_NAME = 5  # cells: below that only the focused column has a name
FOCUSED_NAME = 18  # cells that the focused column's name takes if no other has room


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
    tails = [f" {tab.sign}" if tab.sign else "" for tab in tabs]
    bare = [_tab(number, tab, "", glyphs) for number, tab in enumerate(tabs)]
    room = width - sum(map(cells, bare))
    needs = [1 + cell_len(tab.name + tail) for tab, tail in zip(tabs, tails, strict=True)]
    least = [1 + LEAST_NAME + cell_len(tail) for tail in tails]
    if sum(map(min, needs, least)) <= room:
        sizes = _shared(needs, room)
    else:
        sizes = [
            min(need, FOCUSED_NAME) * tab.focused for need, tab in zip(needs, tabs, strict=True)
        ]
    names = [tab.name for tab in tabs]
    made = [
        _tab(number, tab, f" {fit_name(tab.name, tail, size - 1, glyphs.more, names)}", glyphs)
        if size > 3
        else short
        for number, (tab, tail, size, short) in enumerate(
            zip(tabs, tails, sizes, bare, strict=True)
        )
    ]
    return _around_focus(tabs, made, width, glyphs)


def _tab(number: int, tab: Tab, name: str, glyphs: Glyphs) -> Line:
    chosen = "" if tab.choice is None else letter(tab.choice)
    return (
        (f" {number + 1}", "key" if tab.focused else "quiet"),
        (name, "title" if tab.focused else "quiet"),
        (f" {glyphs.marks[tab.mark]}", tab.mark),
        (chosen, "bright" if tab.focused else "text"),
        (" ", ""),
    )


def _shared(needs: Sequence[int], room: int) -> list[int]:
    """The cells of each name: what short names leave goes to long ones."""
    sizes, left = [0] * len(needs), room
    for place, number in enumerate(sorted(range(len(needs)), key=needs.__getitem__)):
        sizes[number] = min(needs[number], left // (len(needs) - place))
        left -= sizes[number]
    return sizes


def _around_focus(tabs: Sequence[Tab], made: Sequence[Line], width: int, glyphs: Glyphs) -> Line:
    """The tabs if they fit, else as many as fit around the focused one, with an ellipsis."""
    sizes = [cells(tab) for tab in made]
    if sum(sizes) <= width:
        return tuple(span for tab in made for span in tab)
    focus = next((number for number, tab in enumerate(tabs) if tab.focused), 0)
    first, last = focus, focus + 1
    left = width - sizes[focus] - 2 * (1 + cell_len(glyphs.more))
    while True:
        after = last < len(made) and sizes[last] <= left
        before = first > 0 and sizes[first - 1] <= left
        if not after and not before:
            break
        if after and (not before or last - focus <= focus - first):
            left, last = left - sizes[last], last + 1
        else:
            left, first = left - sizes[first - 1], first - 1
    ellipsis: Span = (f" {glyphs.more}", "quiet")
    spans: list[Span] = [ellipsis] if first else []
    spans += [span for tab in made[first:last] for span in tab]
    spans += [ellipsis] if last < len(made) else []
    return cut(spans, width, glyphs.more)
