"""The view `accuracy`: each profile's k/n, accuracy, and its interval with chance on a scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from rich.cells import cell_len

from align_tui.core.stats.rates import Rate
from align_tui.tui.format.bars import independent, interval, point
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.overview import Part, over_words
from align_tui.tui.format.styled_text import Line, Span, cells, fill, fit, fit_name

T = TypeVar("T")
MIN_CELL, MIN_BAR, MAX_BAR = 54, 15, 45
LOW_BAR = 9  # cells of a bar in a cell narrower than MIN_CELL


@dataclass(frozen=True, slots=True)
class AccuracyRow:
    """One profile's accuracy against the target that it is scored against."""

    name: str
    sign: str  # the sign of its own target, with a blank before it
    versus: str  # the target it is compared with if it has none of its own, else ""
    rate: Rate | None
    chance: float | None
    focused: bool = False
    lead: str = ""  # before the name, and never cut: the attribute that the row is about


def columns(width: int, rows: int, least: int = MIN_CELL, height: int = 1) -> int:
    """The number of profiles side by side, each at least `least` cells wide.

    Intervals are easiest to compare below each other, so that profiles stand side by side only if
    they need more than `height` lines.
    """
    return max(1, min(-(-rows // max(1, height)), width // least)) if rows else 1


def lines_needed(width: int, rows: int, least: int = MIN_CELL, most: int = 1) -> int:
    """The number of lines that all profiles take, side by side if they need more than `most`."""
    return -(-rows // columns(width, rows, least, most)) if rows else 1


def around(items: Sequence[T], room: int, focus: int) -> list[T]:
    """The `room` items around the focused one, in their order."""
    if len(items) <= room:
        return list(items)
    if room == 2:  # the focused one and the first, or the second if the first is focused
        rival = 0 if focus else 1
        return [items[i] for i in sorted((focus, rival))]
    first = max(0, min(focus - room // 2, len(items) - room))
    return list(items[first : first + room])


def focus_of(rows: Sequence[AccuracyRow]) -> int:
    """The index of the focused profile's row."""
    return next((i for i, row in enumerate(rows) if row.focused), 0)


def accuracy_lines(
    rows: Sequence[AccuracyRow], width: int, height: int, glyphs: Glyphs, least: int = MIN_CELL
) -> tuple[Line, ...]:
    """At most `height` lines, with aligned columns so that the user can compare intervals."""
    if not rows:
        return ()
    across = columns(width, len(rows), least, height)
    shown = around(rows, across * height, focus_of(rows))
    size = width // across
    label = max(name_cells(row) for row in shown)
    digits = max(len(str(row.rate.scored)) if row.rate else 1 for row in shown)
    sizes = max(len(independent(row.rate)) for row in shown)
    numbers = 2 * digits + 7 + (sizes + 1 if sizes else 0)
    # First the bar gets its least width, then the names what they need, then the bar grows.
    least_bar = MIN_BAR if size >= MIN_CELL else LOW_BAR
    name_room = max(8, min(label, size - numbers - least_bar - 5))
    bar = min(MAX_BAR, size - name_room - numbers - 5)
    if bar < 7:
        bar = 0
    names = [row.name for row in rows]
    made = [_cell(row, size, name_room, (digits, sizes), bar, glyphs, names) for row in shown]
    lines = []
    per_line = -(-len(made) // across)
    for y in range(per_line):
        spans: list[Span] = []
        for x in range(across):
            at = y * across + x
            if at < len(made):
                spans.extend(made[at])
        lines.append(tuple(spans))
    return tuple(lines)


def named(row: AccuracyRow, width: int, glyphs: Glyphs, among: Sequence[str] = ()) -> Line:
    """The profile's name and the target it is compared with, in at most that many cells.

    `among` are the names of all rows.
    """
    versus = f" vs {row.versus}" if row.versus else ""
    left = width - cell_len(row.lead)
    half = min(cell_len(row.name + row.sign), left // 2)  # rather cut the target than the name
    room = max(8, left - cell_len(versus), half)
    name = row.lead + fit_name(row.name, row.sign, room, glyphs.more, among)
    head: Line = ((name, "bright" if row.focused else "text"),)
    if versus:
        head = (*head, (fit(versus, max(0, width - cells(head)), glyphs.more), "quiet"))
    return head


def name_cells(row: AccuracyRow) -> int:
    """The cells that the profile's name takes, with its sign and the target it is compared with."""
    return cell_len(row.lead + row.name + row.sign) + (
        cell_len(row.versus) + 4 if row.versus else 0
    )


def _cell(
    row: AccuracyRow,
    size: int,
    names: int,
    cells_of: tuple[int, int],
    bar: int,
    glyphs: Glyphs,
    among: Sequence[str],
) -> Line:
    """One profile; `cells_of` are those of a number of decisions, and of one of questions."""
    digits, sizes = cells_of
    out: list[Span] = [(" ", ""), *fill(named(row, names, glyphs, among), names, glyphs.more)]
    rate = row.rate
    if rate is None or rate.accuracy is None:
        out.append((f" {'–' if not glyphs.ascii else '-':>{2 * digits + 1}}     ", "quiet"))
    else:
        out.append((f" {rate.correct:>{digits}}/{rate.scored:<{digits}}", "text"))
        out.append((f" {point(rate.accuracy):>4}", "bright"))
    if sizes:
        out.append((f" {independent(rate):<{sizes}}", "quiet"))
    out.append((" ", ""))
    if bar:
        out.extend(interval(rate, row.chance, bar, glyphs))
    return fill(out, size, glyphs.more)


def accuracy_part(
    rows: Sequence[AccuracyRow],
    width: int,
    height: int,
    glyphs: Glyphs,
    *,
    discriminating: bool,
    least: int = MIN_CELL,
) -> Part:
    """The lines that have room, and a caption: which decisions count, and chance."""
    hidden = max(0, len(rows) - columns(width, len(rows), least, height) * height)
    chances = {round(row.chance, 3) for row in rows if row.chance is not None}
    number = f" {point(chances.pop())}" if len(chances) == 1 else ""
    caption: list[Span] = [
        (f" {glyphs.sep} {over_words(discriminating)}", "text"),
        (f" {glyphs.sep} {glyphs.chance} chance{number}", "quiet"),
    ]
    if width >= 80:
        caption.append((f" {glyphs.sep} 95 % interval", "quiet"))
    return Part(accuracy_lines(rows, width, height, glyphs, least), tuple(caption), hidden)
