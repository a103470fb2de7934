"""A curve from 0 to 1 in a few cells, drawn with braille dots, a row of steps, or ASCII signs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line

# Bits of a braille cell (from U+2800), by column and by row from the top: Unicode 16, chapter 21.
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_HALVES = {0b01: "'", 0b10: ".", 0b11: ":"}  # upper, lower, both
Points = Sequence[tuple[int, int, float]]  # scored, right and accuracy so far, ascending


def sample(points: Points, last: int, columns: int) -> list[float | None]:
    """Accuracy at `columns` numbers of decisions from 1 to `last`; None where it is not known.

    Between two points the earlier one holds. After the last point all values are None, so that the
    curve shows how far the profile has come.
    """
    if not points:
        return [None] * columns
    numbers = [scored for scored, _, _ in points]
    out: list[float | None] = []
    for x in range(columns):
        wanted = 1 + (last - 1) * x / (columns - 1) if columns > 1 else float(last)
        at = bisect_right(numbers, wanted + 1e-9) - 1
        if at < 0 or wanted > numbers[-1] + 1e-9:
            out.append(None)
        else:
            out.append(points[at][2])
    return out


def steps(points: Points, last: int, width: int, glyphs: Glyphs) -> Line:
    """One row with a sign in each cell, from the lowest at 0 to the highest at 1."""
    top = len(glyphs.steps) - 1
    signs = [
        " " if value is None else glyphs.steps[round(value * top)]
        for value in sample(points, last, width)
    ]
    return (("".join(signs), "lane bright"),)


def curve(
    points: Points, last: int, width: int, height: int, chance: float | None, glyphs: Glyphs
) -> tuple[Line, ...]:
    """`height` rows of `width` cells with 1 at the top; chance is a dotted row behind the curve."""
    across, down = (1, 2) if glyphs.ascii else (2, 4)
    bits = [[0] * width for _ in range(height)]
    before: int | None = None
    for x, value in enumerate(sample(points, last, width * across)):
        if value is None:
            before = None
            continue
        y = _row(value, height * down)
        # Draw a jump as a line that begins after the previous dot.
        start = y if before is None else before + (y > before) - (y < before)
        for each in range(min(start, y), max(start, y) + 1):
            cell, dot = divmod(each, down)
            bits[cell][x // across] |= _bit(x % across, dot, glyphs)
        before = y
    level = None if chance is None else _row(chance, height * down) // down
    return tuple(_line(row, y == level, glyphs) for y, row in enumerate(bits))


def _row(value: float, rows: int) -> int:
    return round((1.0 - value) * (rows - 1))


def _bit(x: int, y: int, glyphs: Glyphs) -> int:
    return 1 << y if glyphs.ascii else _DOTS[x][y]


def _line(row: Sequence[int], chance: bool, glyphs: Glyphs) -> Line:
    out = []
    for bits in row:
        if bits:
            out.append((_HALVES[bits] if glyphs.ascii else chr(0x2800 + bits), "lane bright"))
        elif chance:
            out.append((glyphs.level, "lane chance"))
        else:
            out.append((" ", "lane"))
    return tuple(out)
