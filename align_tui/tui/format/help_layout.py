"""Lay the help out for a width: columns of groups, and lines that hang below their own text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

from rich.cells import cell_len, set_cell_size

from align_tui.tui.format.wrapping import wrap

Block: TypeAlias = "list[str]"
"""The lines of a group, its title first."""
COLUMN = 46  # cells that a column of keys takes at least
GAP = 3  # cells between two columns
INDENT = 2
_COLUMNS = re.compile(r"^ *\S.*?  +(?=\S)")  # `  j, down   ` of `  j, down   next scenario`


def hang(line: str, width: int) -> list[str]:
    """The line in rows of `width` cells; further rows stand below the text of its last column."""
    if cell_len(line) <= width:
        return [line]
    column = _COLUMNS.match(line)
    at = len(column[0]) if column else len(line) - len(line.lstrip())
    if at > width // 2:
        at = len(line) - len(line.lstrip())
    head, room = line[:at], max(8, width - cell_len(line[:at]))
    first, *rest = [row for _, row in wrap(line[at:], room)]
    return [head + first, *(" " * cell_len(head) + row for row in rest)]


def hanging(text: str, width: int) -> str:
    """The text with each line as `hang` lays it out."""
    return "\n".join(row for line in text.split("\n") for row in hang(line, width))


def flow(entries: Sequence[str], width: int, gap: str = "   ") -> list[str]:
    """The entries side by side; none is broken unless it is wider than the line."""
    rows: list[str] = []
    for entry in entries:
        joined = f"{rows[-1]}{gap}{entry}" if rows else ""
        if rows and cell_len(joined) <= width:
            rows[-1] = joined
        else:
            rows.append(" " * INDENT + entry)
    return [part for row in rows for part in hang(row, width)]


def side_by_side(blocks: Sequence[Block], width: int) -> list[str]:
    """The groups in as many columns as have room, each group whole, in reading order."""
    count = max(1, min(len(blocks), (width + GAP) // (COLUMN + GAP)))
    room = (width + GAP) // count - GAP
    laid = [[row for line in block for row in hang(line, room)] for block in blocks]
    columns = _shared_out(laid, count)
    height = max(map(len, columns), default=0)
    rows = []
    for y in range(height):
        cells = [column[y] if y < len(column) else "" for column in columns]
        row = (" " * GAP).join(set_cell_size(cell, room) for cell in cells)
        rows.append(row.rstrip())
    return rows


def _shared_out(blocks: Sequence[Block], count: int) -> list[Block]:
    """The blocks in at most `count` columns, as low as they can be; a blank row between blocks."""
    for height in range(max(map(len, blocks), default=0), sum(map(len, blocks)) + len(blocks) + 1):
        columns: list[Block] = [[]]
        for block in blocks:
            if columns[-1] and len(columns[-1]) + 1 + len(block) > height:
                columns.append([])
            columns[-1] += [*([""] if columns[-1] else []), *block]
        if len(columns) <= count:
            return columns
    return [[]]
