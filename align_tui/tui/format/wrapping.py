"""Wrap text at words by terminal cells, such that appended text changes only the last row."""

from __future__ import annotations

import re
from typing import TypeAlias

from rich.cells import cell_len, chop_cells

WrappedRow: TypeAlias = tuple[int, str]  # where the row begins in the text, its text
_WORD = re.compile(r"\s*\S+")
_CHUNK = 2_000


def wrap(text: str, width: int, start: int = 0) -> list[WrappedRow]:
    """The rows of `text[start:]`, each at most `width` cells wide; always at least one."""
    width = max(1, width)
    rows: list[WrappedRow] = []
    position = start
    for paragraph in text[start:].split("\n"):
        rows.extend(_wrap_paragraph(paragraph, position, width))
        position += len(paragraph) + 1
    return rows


def wrapped(text: str, width: int, most: int, more: str) -> list[str]:
    """The text in at most `most` rows; the last one ends with the ellipsis if it was cut.

    A width below 1 counts as 1: a screen may be that narrow for a moment while it is resized.
    """
    width = max(1, width)
    # No more characters are wrapped than these rows can hold.
    rows = [row for _, row in wrap(text[: 4 * width * (most + 1)], width)]
    kept = rows[:most]
    if len(rows) > most or len(text) > 4 * width * (most + 1):
        kept[-1] = _ended(kept[-1], width - cell_len(more)) + more
    return kept


def _ended(row: str, room: int) -> str:
    """The row's whole words in `room` cells, or as much of its only word."""
    while row and cell_len(row) > room:
        before, blank, _ = row.rpartition(" ")
        row = before if blank and before.strip() else row[:-1]
    return row.rstrip()


def extend(rows: list[WrappedRow], text: str, width: int) -> int:
    """Update the rows of an earlier beginning of `text` in place.

    Returns the index of the first row that changed.
    """
    if not rows:
        rows.extend(wrap(text, width))
        return 0
    start, _ = rows.pop()
    first = len(rows)
    rows.extend(wrap(text, width, start))
    return first


def _wrap_paragraph(text: str, offset: int, width: int) -> list[WrappedRow]:
    if len(text) <= width and cell_len(text) <= width:
        return [(offset, text)]
    rows: list[WrappedRow] = []
    start, used = 0, 0
    for match in _WORD.finditer(text):
        word = match.group()
        size = cell_len(word)
        if used + size <= width:
            used += size
            continue
        bare = word.lstrip()
        if used:
            rows.append((offset + start, text[start : match.start()]))
        start = match.end() - len(bare)
        used = cell_len(bare)
        if used > width:
            start, used = _chop(text, start, match.end(), width, offset, rows)
    rows.append((offset + start, text[start:].rstrip() if used else ""))
    return rows


def _chop(
    text: str, start: int, end: int, width: int, offset: int, rows: list[WrappedRow]
) -> tuple[int, int]:
    """Break a word that is wider than a row; (where the rest begins, its width in cells)."""
    while True:
        part = text[start : min(end, start + _CHUNK)]
        pieces = [piece for piece in chop_cells(part, width) if piece]
        last = start + len(part) >= end
        for piece in pieces[:-1] if last or len(pieces) > 1 else pieces:
            rows.append((offset + start, piece))
            start += len(piece)
        if last:
            return start, cell_len(text[start:end])
