"""The view `over time`: a small plot of accuracy for each profile, all on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from align_tui.core.text.plurals import counted
from align_tui.monitor.overview import Points
from align_tui.tui.format.accuracy_rows import AccuracyRow, around, focus_of, name_cells, named
from align_tui.tui.format.bars import point
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.overview import GAP, Part, over_words
from align_tui.tui.format.plot import curve, steps
from align_tui.tui.format.styled_text import Line, Span, fill

LEAST_PLOT, LEAST_ROW = 38, 54  # cells of a plot, and of a row of steps with its name
PLOT_ROWS, LEAST_LINES = 4, 3  # lines of a plot: preferred, and the least with its heading


@dataclass(frozen=True, slots=True)
class AccuracyCurveRow:
    """A profile's accuracy, and its accuracy after each decision so far."""

    tally: AccuracyRow
    points: Points


def _across(width: int, rows: int) -> int:
    """The number of plots side by side, such that all lines of plots are equally full."""
    most = max(1, min(rows, width // LEAST_PLOT))
    return -(-rows // -(-rows // most)) if rows else 1


def lines_wanted(width: int, rows: int, most: int) -> int:
    """The lines that the plots fill, at most `most`; or the rows if plots do not fit."""
    if not rows:
        return 1
    down = -(-rows // _across(width, rows))
    each = min(1 + PLOT_ROWS, most // down)
    return each * down if each >= LEAST_LINES else -(-rows // max(1, width // LEAST_ROW))


def over_time_part(
    rows: Sequence[AccuracyCurveRow],
    width: int,
    height: int,
    glyphs: Glyphs,
    *,
    discriminating: bool,
) -> Part:
    """A plot for each profile if there is room, else a row of steps for each."""
    if not rows:
        return Part(())
    across = _across(width, len(rows))
    each = height // -(-len(rows) // across)
    if each < LEAST_LINES:
        across, each = max(1, min(len(rows), width // LEAST_ROW)), 1
    focus = focus_of([row.tally for row in rows])
    shown = around(rows, across * (height // each), focus)
    last = max((row.points[-1][0] for row in rows if row.points), default=0)
    size = (width - GAP * (across - 1)) // across
    names = min(size // 2, max(name_cells(row.tally) for row in shown))
    made = [
        _plot(row, last, size, each, glyphs) if each > 1 else _row(row, last, size, names, glyphs)
        for row in shown
    ]
    lines: list[Line] = []
    for start in range(0, len(made), across):
        for y in range(each):
            spans: list[Span] = []
            for x, block in enumerate(made[start : start + across]):
                spans += [(" " * GAP * (x > 0), ""), *fill(block[y], size, glyphs.more)]
            lines.append(tuple(spans))
    return Part(tuple(lines), _caption(rows, last, discriminating, glyphs), len(rows) - len(shown))


def _caption(
    rows: Sequence[AccuracyCurveRow], last: int, discriminating: bool, glyphs: Glyphs
) -> Line:
    scale = f"0 to 1 over {counted(last, 'decision')}" if last else "nothing is scored yet"
    caption: list[Span] = [
        (f" {glyphs.sep} {over_words(discriminating)}", "text"),
        (f" {glyphs.sep} {scale}", "quiet"),
    ]
    if any(row.tally.chance is not None for row in rows):
        caption.append((f" {glyphs.sep} {glyphs.level * 2} chance", "quiet"))
    return tuple(caption)


def _numbers(row: AccuracyCurveRow, glyphs: Glyphs) -> str:
    if not row.points:
        return "-" if glyphs.ascii else "–"
    scored, right, accuracy = row.points[-1]
    return f"{right}/{scored} {point(accuracy):>4}"


def _plot(
    row: AccuracyCurveRow, last: int, size: int, height: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    numbers = _numbers(row, glyphs)
    room = size - cell_len(numbers) - 4
    head = fill(named(row.tally, room, glyphs), room, glyphs.more)
    lines: list[Line] = [(("   ", ""), *head, (f" {numbers}", "bright"))]
    drawn = curve(row.points, last, size - 3, height - 1, row.tally.chance, glyphs)
    for y, line in enumerate(drawn):
        end = "1" if y == 0 else "0" if y == len(drawn) - 1 else " "
        lines.append(((f" {end} ", "quiet"), *line))
    return tuple(lines)


def _row(
    row: AccuracyCurveRow, last: int, size: int, names: int, glyphs: Glyphs
) -> tuple[Line, ...]:
    numbers = f"{_numbers(row, glyphs):>{2 * len(str(last)) + 6}}"
    head = fill(named(row.tally, names, glyphs), names, glyphs.more)
    room = max(0, size - names - len(numbers) - 3)
    drawn = steps(row.points, last, room, glyphs)
    return (((" ", ""), *head, (f" {numbers} ", "bright"), *drawn),)
