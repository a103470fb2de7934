"""The view `agreement`: how often every two profiles chose the same, as a matrix."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from align_tui.core.stats.agreement import Agreement
from align_tui.tui.format.accuracy_rows import around
from align_tui.tui.format.bars import point
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.overview import Part, message_part
from align_tui.tui.format.styled_text import Line, Span, fit_name

Matrix = Sequence[Sequence[Agreement | None]]
Name = tuple[str, str]  # a profile's name, and its target's sign with a blank before it
WIDE, NARROW = 5, 4  # cells of a share with the blanks before it
LABEL, LEAST_LABEL = 18, 14  # cells that a name keeps, however many columns there are


def lines_wanted(profiles: int) -> int:
    """The number of lines: one with numbers, and one for each profile."""
    return profiles + 1 if profiles > 1 else 1


def agreement_part(
    matrix: Matrix, names: Sequence[Name], focus: int, width: int, height: int, glyphs: Glyphs
) -> Part:
    """The shares of equal choices (0 to 1), each with its n if the n differ and there is room.

    If there is no room for all columns, they begin with the focused profile and wrap around. So if
    half of them are shown, focusing one of two profiles always shows both.
    """
    known = {cell.pairs for row in matrix for cell in row if cell is not None and cell.pairs}
    if len(matrix) < 2 or not known:
        return message_part("no two profiles have decided the same scenario yet", width, glyphs)
    count, digits = len(matrix), len(str(len(matrix)))
    if height == 1:
        line, shown = _one_line(matrix[focus], names[focus], focus, width, glyphs)
        return Part((line,), _caption(known, False, glyphs), count - 1 - shown)
    longest = max(cell_len(name + sign) for name, sign in names)
    n = 1 + len(str(max(known))) if len(known) > 1 else 0
    room = width - 2 - digits
    sizes = ((WIDE, n), (WIDE, 0), (NARROW, 0))
    share, n = next((s for s in sizes if min(longest, LABEL) + sum(s) * count <= room), (NARROW, 0))
    label = min(longest, max(LEAST_LABEL, room - (share + n) * count))
    columns = _round(count, focus, max(1, (room - label) // (share + n)))
    rows = around(range(count), height - 1, focus)
    head: list[Span] = [(" " * (2 + digits + label), "")]
    for column in columns:
        style = "bright" if column == focus else "quiet"
        head.append((f"{column + 1:>{share}}" + " " * n, style))
    lines: list[Line] = [tuple(head)]
    for row in rows:
        name = fit_name(*names[row], label, glyphs.more, [each for each, _ in names])
        spans: list[Span] = [
            (f" {row + 1:>{digits}} ", "quiet"),
            (name + " " * (label - cell_len(name)), "bright" if row == focus else "text"),
        ]
        for column in columns:
            spans += _cell(matrix[row][column], share, n, focus in (row, column), glyphs)
        lines.append(tuple(spans))
    return Part(tuple(lines), _caption(known, n > 0, glyphs), count - min(len(rows), len(columns)))


def _round(count: int, focus: int, room: int) -> list[int]:
    if room >= count:
        return list(range(count))
    return [(focus + i) % count for i in range(room)]


def _caption(known: set[int], behind: bool, glyphs: Glyphs) -> Line:
    n = f"n {min(known)}" if len(known) == 1 else f"n {min(known)} to {max(known)}"
    which = "n behind each" if behind else n
    return ((f" {glyphs.sep} same choice where both decided {glyphs.sep} {which}", "quiet"),)


def _cell(
    cell: Agreement | None, share: int, n: int, focused: bool, glyphs: Glyphs
) -> tuple[Span, ...]:
    if cell is None or cell.share is None:
        nothing = "-" if glyphs.ascii else "–"
        sign = glyphs.marks["unscored"] if cell is None else nothing
        return ((f"{sign:>{share}}" + " " * n, "quiet"),)
    style = "bright" if focused else "text"
    return (
        (f"{point(cell.share):>{share}}", style),
        (f" {cell.pairs:<{n - 1}}" if n else "", "quiet"),
    )


def _one_line(
    row: Sequence[Agreement | None], name: Name, focus: int, width: int, glyphs: Glyphs
) -> tuple[Line, int]:
    """(the focused profile's row without a heading, how many other profiles it shows)."""
    label = fit_name(*name, LABEL, glyphs.more)
    out: list[Span] = [(f" {focus + 1} ", "quiet"), (label, "bright")]
    size = len(str(len(row))) + 6
    room = max(0, (width - 3 - len(str(focus + 1)) - cell_len(label)) // size)
    shown = [other for other in _round(len(row), focus, room + 1) if other != focus][:room]
    for other in shown:
        cell = row[other]
        share = cell.share if cell is not None else None
        text = point(share) if share is not None else "-" if glyphs.ascii else "–"
        out += [(f"  {other + 1} ", "quiet"), (text, "text")]
    return tuple(out), len(shown)
