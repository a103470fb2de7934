"""Lines of the list of scenarios, with names or only with marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from align_tui.core.scenarios import Scenario
from align_tui.core.text.display import one_line
from align_tui.monitor.marks import MarkName
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.layout import ListKind
from align_tui.tui.format.styled_text import Line, Span, cells, fill, fit

NAME, SHORT_NAME = 14, 8  # cells that a name keeps: below, marks lose their gaps, or are left out


def window(current: int, total: int, height: int, top: int) -> int:
    """The first visible line, moved only as far as the current one needs, with a margin of two."""
    if height <= 0 or total <= height:
        return 0
    margin = min(2, (height - 1) // 2)
    top = min(top, current - margin)
    top = max(top, current + margin - height + 1)
    return max(0, min(top, total - height))


@dataclass(frozen=True, slots=True)
class Columns:
    """The profiles that have a column of marks, and the gap before each column."""

    shown: range
    gap: str
    of: int

    def line(self, signs: Sequence[Span], glyphs: Glyphs) -> Line:
        """The signs of the shown profiles, with an ellipsis where some are left out."""
        spans: list[Span] = [] if self.gap else [(" ", "")]
        if self.shown.start > 0:
            spans.append((glyphs.more, "quiet"))
        for number in self.shown:
            spans += [(self.gap, ""), signs[number]]
        if self.shown.stop < self.of:
            spans.append((glyphs.more, "quiet"))
        return tuple(spans)


@dataclass(frozen=True, slots=True)
class Shape:
    """What all lines of the list have in common; `width` is the width of a line in cells."""

    kind: ListKind
    digits: int
    width: int
    columns: Columns

    @property
    def head(self) -> int:
        """The cells before a name: the cursor, the number and a blank."""
        return 2 + self.digits


@dataclass(frozen=True, slots=True)
class Flags:
    """The marks of one line.

    `hit`: a search found it; `edited`: it is a what-if variant; `branch`: the scenario above is its
    original or another variant; `kept`: one of its decisions is bookmarked. `value` stands before
    the marks where the name keeps its room.
    """

    current: bool = False
    hit: bool = False
    edited: bool = False
    branch: bool = False
    kept: bool = False
    value: str = ""  # what the order of the list goes by


def list_shape(kind: ListKind, scenarios: int, profiles: int, focus: int, width: int) -> Shape:
    """The shape of the list: marks with gaps, without, or only those around the focused profile."""
    digits = len(str(scenarios))
    everyone, room = range(profiles), width - digits - 3  # without cursor, number and blanks
    if kind == "marks":
        columns = Columns(everyone, "", profiles)
    elif 2 * profiles <= room - NAME:
        columns = Columns(everyone, " ", profiles)
    elif profiles + 1 <= room - SHORT_NAME:
        columns = Columns(everyone, "", profiles)
    else:
        count = max(1, min(profiles, room - SHORT_NAME - 3))
        start = max(0, min(focus - count // 2, profiles - count))
        columns = Columns(range(start, start + count), "", profiles)
    return Shape(kind, digits, width, columns)


def list_line(
    number: int,
    scenario: Scenario,
    marks: Sequence[MarkName],
    shape: Shape,
    flags: Flags,
    glyphs: Glyphs,
) -> Line:
    """`▸ 4 └✎ MD4.2      ✓ ✗ ◐ ○`."""
    current = flags.current
    cursor = glyphs.cursor if current else "/" if flags.hit else " "
    style = "bright" if current else "text"
    place: Span = (f"{cursor}{number + 1:>{shape.digits}}", "key" if current else "quiet")
    tail = shape.columns.line([(glyphs.marks[mark], mark) for mark in marks], glyphs)
    pencil, star = glyphs.edited if flags.edited else "", glyphs.kept if flags.kept else ""
    if shape.kind == "marks":
        signs = (f"{pencil or ' '}{star}", "bright")
        return fill((place, signs, *(tail[1:] if star else tail)), shape.width, glyphs.more)
    room = shape.width - shape.head - cells(tail) - 1
    body: list[Span] = [(glyphs.branch if flags.branch else "", "quiet")]
    body.append(("".join(f"{sign} " for sign in (pencil, star) if sign), style))
    if flags.value and room > SHORT_NAME + cells(((flags.value, ""),)) + 2:
        room -= cells(((flags.value, ""),)) + 2
        tail = ((" ", ""), (flags.value, "quiet"), (" ", ""), *tail)
    name = one_line(scenario.title or scenario.key)
    body.append((fit(name, room - cells(body), glyphs.more), style))
    if shape.kind == "wide":
        excerpt = one_line(scenario.text[:200])
        rest = room - cells(body) - 2
        if rest > 6:
            body.append(("  " + fit(excerpt, rest, glyphs.more), "quiet"))
    return (place, (" ", ""), *fill(body, room, glyphs.more), *tail, (" ", ""))


def list_header(shape: Shape, focus: int, glyphs: Glyphs) -> Line:
    """The numbers of the panes above their marks, the focused one in bold."""
    profiles = range(shape.columns.of)
    signs: list[Span] = [(f"{(p + 1) % 10}", "title" if p == focus else "quiet") for p in profiles]
    tail = shape.columns.line(signs, glyphs)
    marks = shape.kind == "marks"
    pad = shape.head if marks else shape.width - cells(tail) - 1
    return fill(((" " * max(0, pad), ""), *tail), shape.width, glyphs.more)
