"""Lines of the scenario list, whole or folded to marks."""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.core.scenarios import Scenario
from align_tui.core.text import one_line
from align_tui.tui.view.glyphs import Glyphs, MarkName
from align_tui.tui.view.layout import ListKind
from align_tui.tui.view.spans import Line, Span, cells, fill, fit


def window(current: int, total: int, height: int, top: int) -> int:
    """The first visible line: moved only as far as the current one needs, two lines of margin."""
    if height <= 0 or total <= height:
        return 0
    margin = min(2, (height - 1) // 2)
    top = min(top, current - margin)
    top = max(top, current + margin - height + 1)
    return max(0, min(top, total - height))


def list_line(
    number: int,
    scenario: Scenario,
    marks: Sequence[MarkName],
    *,
    current: bool,
    hit: bool,
    kind: ListKind,
    digits: int,
    width: int,
    glyphs: Glyphs,
) -> Line:
    """`▸ 4 MD4.2          ✓ ✗ ◐ ○`."""
    cursor = glyphs.cursor if current else "/" if hit else " "
    style = "bright" if current else "text"
    head: list[Span] = [(f"{cursor}{number + 1:>{digits}} ", "key" if current else "quiet")]
    gap = "" if kind == "marks" else " "
    tail: list[Span] = []
    for mark in marks:
        tail += [(gap, ""), (glyphs.marks[mark], mark)]
    if kind == "marks":
        return fill((*head, *tail), width, glyphs.more)
    room = width - cells(head) - cells(tail) - 1
    name = fit(one_line(scenario.title or scenario.key), room, glyphs.more)
    body: list[Span] = [(name, style)]
    if kind == "wide":
        excerpt = one_line(scenario.text[:200])
        rest = room - cells(body) - 2
        if rest > 6:
            body.append(("  " + fit(excerpt, rest, glyphs.more), "quiet"))
    return (*head, *fill(body, room, glyphs.more), *tail, (" ", ""))


def list_header(profiles: int, kind: ListKind, digits: int, width: int, glyphs: Glyphs) -> Line:
    """The numbers of the panes over their marks."""
    gap = "" if kind == "marks" else " "
    tail = "".join(f"{gap}{(p + 1) % 10}" for p in range(profiles))
    end = 1 if kind != "marks" else 0
    pad = 2 + digits if kind == "marks" else width - len(tail) - end
    return fill(((" " * max(0, pad), ""), (tail, "quiet")), width, glyphs.more)
