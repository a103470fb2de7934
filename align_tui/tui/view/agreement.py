"""How often every two profiles chose the same, as a matrix."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from align_tui.core.agreement import Agreement
from align_tui.tui.view.bars import point
from align_tui.tui.view.glyphs import Glyphs
from align_tui.tui.view.overview import Part
from align_tui.tui.view.spans import Line, Span, cut, fit_keeping
from align_tui.tui.view.tallies import around

Matrix = Sequence[Sequence[Agreement | None]]
SHARE = 5  # cells of a share with the blank before it


def lines_wanted(profiles: int) -> int:
    """A line of numbers, and one for each profile."""
    return profiles + 1 if profiles > 1 else 1


def agreement_part(
    matrix: Matrix,
    names: Sequence[tuple[str, str]],
    focus: int,
    width: int,
    height: int,
    glyphs: Glyphs,
) -> Part:
    """Shares of equal choices; `names` are (name, sign of the target) of the profiles.

    Every share has its n behind it where they differ and there is room; else the title tells n.
    Where there is no room for all, the rows and columns about the focused profile are shown.
    """
    every = range(len(matrix))
    known = {cell.pairs for row in matrix for cell in row if cell is not None and cell.pairs}
    if len(matrix) < 2 or not known:
        return Part((((" no two profiles have decided the same scenario yet", "quiet"),),))
    digits = len(str(len(matrix)))
    longest = max(cell_len(name + sign) for name, sign in names)
    size = SHARE
    if len(known) > 1:
        with_n = SHARE + 1 + len(str(max(known)))
        if 2 + digits + min(longest, 16) + with_n * len(matrix) <= width:
            size = with_n
    label = max(8, min(longest, width - 3 - digits - size * len(matrix)))
    columns = _window(every, focus, max(1, (width - 3 - digits - label) // max(size, 1)))
    rows = _window(every, focus, max(1, height - 1))
    told = _told(known, size, glyphs)
    hidden = len(matrix) - min(len(rows), len(columns))
    if height == 1:
        return Part((_one_line(matrix[focus], names[focus], focus, width, glyphs),), told)
    head: list[Span] = [(" " * (2 + digits + label), "")]
    for column in columns:
        style = "bright" if column == focus else "quiet"
        head.append((f"{column + 1:>{SHARE}}" + " " * (size - SHARE), style))
    lines: list[Line] = [tuple(head)]
    for row in rows:
        name = fit_keeping(*names[row], label, glyphs.more)
        style = "bright" if row == focus else "text"
        spans: list[Span] = [
            (f" {row + 1:>{digits}} ", "quiet"),
            (name + " " * (label - cell_len(name)), style),
        ]
        for column in columns:
            spans += _cell(matrix[row][column], size, focus in (row, column), glyphs)
        lines.append(tuple(spans))
    return Part(tuple(lines), told, hidden)


def _window(every: Sequence[int], focus: int, room: int) -> Sequence[int]:
    return around(every, room, focus)


def _told(known: set[int], size: int, glyphs: Glyphs) -> Line:
    n = f"n {min(known)}" if len(known) == 1 else f"n {min(known)} to {max(known)}"
    if size > SHARE:
        n = "n behind each"
    said = f" {glyphs.sep} the same choice, wherever both decided {glyphs.sep} {n}"
    return ((said, "quiet"),)


def _cell(cell: Agreement | None, size: int, focused: bool, glyphs: Glyphs) -> list[Span]:
    unknown = glyphs.marks["unscored"] if cell is None else "-" if glyphs.ascii else "–"
    share = None if cell is None else cell.share
    said = unknown if share is None else point(share)
    style = "quiet" if share is None else "bright" if focused else "text"
    n = str(cell.pairs) if cell is not None and cell.pairs and size > SHARE else ""
    return [
        (f"{said:>{SHARE}}", style),
        (f" {n:<{size - SHARE - 1}}" if size > SHARE else "", "quiet"),
    ]


def _one_line(
    row: Sequence[Agreement | None], name: tuple[str, str], focus: int, width: int, glyphs: Glyphs
) -> Line:
    out: list[Span] = [(f" {focus + 1} ", "quiet"), (fit_keeping(*name, 24, glyphs.more), "bright")]
    for number, cell in enumerate(row):
        if cell is not None and cell.share is not None:
            out += [(f"  {number + 1} ", "quiet"), (point(cell.share), "text")]
    return cut(out, width, glyphs.more)
