"""The overview below the panes: its views, what its titles say, and views side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, Span, cells, cut, fill

GAP = 3  # cells between views that stand side by side
TITLED = 28  # lines of a screen with room for a title; below it the margin says the same
MARGIN = 18  # cells of it, on the right


@dataclass(frozen=True, slots=True)
class Part:
    """One view made to measure: its lines, what its title adds, how many lines had no room."""

    lines: tuple[Line, ...]
    caption: Line = ()
    hidden: int = 0


def message_part(words: str, width: int, glyphs: Glyphs) -> Part:
    """A view that has nothing to show but why."""
    return Part((cut(((f" {words}", "quiet"),), width, glyphs.more),))


def beside(width: int, height: int) -> int:
    """How many views stand side by side."""
    if height < 45 or width < 160:
        return 1
    return 3 if width >= 240 else 2


def widths(width: int, count: int) -> list[int]:
    """The cells of each of `count` views side by side."""
    small, extra = divmod(width - GAP * (count - 1), count)
    return [small + (i < extra) for i in range(count)]


@dataclass(frozen=True, slots=True)
class Placed:
    """Which view it is: its name, its number (from 0), and how many views there are."""

    name: str
    number: int
    count: int

    def __str__(self) -> str:
        """`accuracy 1/5`."""
        return f"{self.name} {self.number + 1}/{self.count}"


def over_words(discriminating: bool) -> str:
    """Over which decisions a number counts."""
    return "on the discriminating ones" if discriminating else "on all scored"


def hidden_words(hidden: int, glyphs: Glyphs) -> str:
    """The mark for what had no room."""
    return f"{glyphs.more} {hidden} more"


def title(view: Placed, part: Part, key: str, width: int, glyphs: Glyphs) -> Line:
    """Which view it is, what had no room, which key turns to the next, and what it counts."""
    out: list[Span] = [(str(view), "text")]
    if part.hidden:
        out.append((f" {glyphs.sep} {hidden_words(part.hidden, glyphs)}", "warn"))
    if key:
        out += [(f" {glyphs.sep} ", "quiet"), (key, "key"), (" next", "quiet")]
    return cut((*out, *part.caption), width, glyphs.more)


def titles(found: Sequence[Line], sizes: Sequence[int], glyphs: Glyphs) -> Line:
    """Titles of views side by side, each over its own, the edge drawn between them."""
    out: list[Span] = []
    for number, (each, size) in enumerate(zip(found, sizes, strict=True)):
        out.extend(each)
        if number < len(found) - 1:
            room = max(0, size + GAP - cells(each) - 2)
            out += [(" ", ""), (glyphs.line * room, "faint"), (" ", "")]
    return tuple(out)


def join(
    parts: Sequence[Part], sizes: Sequence[int], height: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """Views side by side."""
    lines = []
    for y in range(height):
        spans: list[Span] = []
        for number, (part, size) in enumerate(zip(parts, sizes, strict=True)):
            line = part.lines[y] if y < len(part.lines) else ()
            spans.extend(fill(line, size, glyphs.more))
            if number < len(parts) - 1:
                spans.append((" " * GAP, ""))
        lines.append(tuple(spans))
    return tuple(lines)


def with_margin(
    view: Placed, part: Part, width: int, height: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """Where there is no room for a title: the view's place, or what is cut, on the right."""
    said: list[Span] = [("", "")] * height
    said[0] = (str(view), "quiet")
    if part.hidden:
        said[-1] = (hidden_words(part.hidden, glyphs), "warn")
    lines = []
    for y, (text, style) in enumerate(said):
        line = part.lines[y] if y < len(part.lines) else ()
        if text:
            text = f" {text} "
        room = width - cell_len(text)
        lines.append((*fill(line, room, glyphs.more), (text, style)))
    return tuple(lines)
