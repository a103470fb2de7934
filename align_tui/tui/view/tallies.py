"""The tally line of each profile: k/n, accuracy, its interval drawn on one scale, chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from align_tui.core.scoring import Rate
from align_tui.tui.view.bars import interval, point
from align_tui.tui.view.glyphs import Glyphs
from align_tui.tui.view.spans import Line, Span, cells, fill, fit, fit_keeping

MIN_CELL, MIN_BAR, MAX_BAR = 54, 15, 45


@dataclass(frozen=True, slots=True)
class TallyRow:
    """One profile's accuracy against the target it is marked by."""

    name: str
    sign: str  # of its own target, with a blank before it
    versus: str  # the target it is compared against where it has none of its own, else ""
    rate: Rate | None
    chance: float | None
    focused: bool = False


def columns(width: int, rows: int) -> int:
    """How many tallies stand side by side."""
    return max(1, min(rows, width // MIN_CELL)) if rows else 1


def lines_needed(width: int, rows: int) -> int:
    """How many lines all tallies take."""
    return -(-rows // columns(width, rows)) if rows else 1


def order(rows: Sequence[TallyRow], room: int) -> list[TallyRow]:
    """The rows there is room for: the focused one and its neighbours, in their order."""
    if len(rows) <= room:
        return list(rows)
    focus = next((i for i, row in enumerate(rows) if row.focused), 0)
    if room == 2:  # the focused one and its rival: the first, or the second for the first
        rival = 0 if focus else 1
        return [rows[i] for i in sorted((focus, rival))]
    first = max(0, min(focus - room // 2, len(rows) - room))
    return list(rows[first : first + room])


def tally_lines(
    rows: Sequence[TallyRow], width: int, height: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    """At most `height` lines, their columns aligned so that intervals can be compared by eye."""
    if not rows:
        return ()
    across = columns(width, len(rows))
    shown = order(rows, across * height)
    size = width // across
    label = max(
        cell_len(row.name + row.sign) + (cell_len(row.versus) + 4 if row.versus else 0)
        for row in shown
    )
    digits = max(len(str(row.rate.scored)) if row.rate else 1 for row in shown)
    numbers = 2 * digits + 7
    # The bar first gets its least, then names get what they need, then the bar grows.
    name_room = max(8, min(label, size - numbers - MIN_BAR - 5))
    bar = min(MAX_BAR, size - name_room - numbers - 5)
    if bar < 7:
        bar = 0
    made = [_cell(row, size, name_room, digits, bar, glyphs) for row in shown]
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


def _cell(row: TallyRow, size: int, names: int, digits: int, bar: int, glyphs: Glyphs) -> Line:
    name_style = "bright" if row.focused else "text"
    versus = f" vs {row.versus}" if row.versus else ""
    name = fit_keeping(row.name, row.sign, max(8, names - cell_len(versus)), glyphs.more)
    head: list[Span] = [(name, name_style)]
    if versus:
        head.append((fit(versus, max(0, names - cells(head)), glyphs.more), "quiet"))
    out: list[Span] = [(" ", ""), *fill(head, names, glyphs.more)]
    rate = row.rate
    if rate is None or rate.accuracy is None:
        out.append((f" {'–' if not glyphs.ascii else '-':>{2 * digits + 1}}     ", "quiet"))
    else:
        out.append((f" {rate.correct:>{digits}}/{rate.scored:<{digits}}", "text"))
        out.append((f" {point(rate.accuracy):>4}", "bright"))
    out.append((" ", ""))
    if bar:
        out.extend(interval(rate, row.chance, bar, glyphs))
    return fill(out, size, glyphs.more)


def tally_title(
    discriminating: bool, chance: float | None, glyphs: Glyphs, width: int
) -> tuple[Span, ...]:
    """What the numbers are: over which decisions, and where chance lies."""
    what = "on the discriminating ones" if discriminating else "on all scored"
    out: list[Span] = [("accuracy ", "text"), (what, "text")]
    number = "" if chance is None else f" {point(chance)}"
    out.append((f" {glyphs.sep} {glyphs.chance} chance{number}", "quiet"))
    if width >= 100:
        out.append((f" {glyphs.sep} 95 % interval", "quiet"))
    return tuple(out)
