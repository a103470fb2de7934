"""Lines of styled text as plain tuples, measured, cut and filled by terminal cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from rich.cells import cell_len, set_cell_size

from align_tui.core.column_names import AT

_WORD_END = re.compile(r"[-_. /]+")
LEAST_HALVES = 10  # cells of both halves of a name below which only its beginning is shown

Span: TypeAlias = tuple[str, str]  # literal text, name of a style (see tui.theme)
Line: TypeAlias = tuple[Span, ...]


def cells(line: Iterable[Span]) -> int:
    """The number of terminal cells that the line takes."""
    return sum(cell_len(text) for text, _ in line)


def fit(text: str, width: int, more: str) -> str:
    """`text` if it fits in `width` cells, else cut and ended with the ellipsis `more`."""
    if width <= 0:
        return ""
    if len(text) > 4 * width + 16:
        text = text[: 4 * width + 16]  # enough to see that it does not fit
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + more


def fit_end(text: str, width: int, more: str) -> str:
    """The end of one line of text in `width` cells: the ellipsis and whole words."""
    if cell_len(text) <= width:
        return text
    room = max(0, width - cell_len(more))
    kept = text[len(text) - room :]
    cut_word = text[len(text) - room - 1 : len(text) - room] != " "
    while cell_len(kept) > room:
        kept, cut_word = kept[1:], True
    return more + (kept.partition(" ")[2] if cut_word and " " in kept else kept).lstrip()


def fit_keeping(text: str, tail: str, width: int, more: str) -> str:
    """`text` and `tail` in `width` cells; if they do not fit, `text` is cut."""
    if cell_len(text) + cell_len(tail) <= width:
        return text + tail
    return fit(text, max(2, width - cell_len(tail)), more) + tail


def fit_name(name: str, tail: str, width: int, more: str, among: Sequence[str] = ()) -> str:
    """A column's name and `tail` in `width` cells.

    `among` are the names of the columns beside it: a name that is cut keeps the part in which it
    differs from them. Both halves of `baseline @ mistral-7b` are cut, because columns can differ in
    either.
    """
    profile, _, model = name.rpartition(AT)
    room = width - cell_len(tail) - len(AT)
    if not profile or room < LEAST_HALVES or cell_len(name) <= room + len(AT):
        if cell_len(name) + cell_len(tail) <= width:
            return name + tail
        return fit_distinct(name, max(2, width - cell_len(tail)), more, among) + tail
    halves = [each.rpartition(AT) for each in among]
    model = fit_distinct(
        model, max(room * 3 // 5, room - cell_len(profile)), more, [half[2] for half in halves]
    )
    kept = fit_distinct(profile, room - cell_len(model), more, [half[0] for half in halves])
    return f"{kept}{AT}{model}{tail}"


def fit_distinct(name: str, width: int, more: str, among: Sequence[str]) -> str:
    """`moral-…high` beside `moral-desert-low`: cut in the middle, before what differs.

    Names that begin differently are cut at their ends. What differs stands alone, and is cut at
    its end, where there is no room for more.
    """
    if cell_len(name) <= width:
        return name
    end = name[max((_shared(name, other) for other in among if other != name), default=0) :]
    room = width - cell_len(more) - cell_len(end)
    if end == name or room < 0:
        return fit(end, width, more)
    return set_cell_size(name, room).rstrip() + more + end


def shared_beginning(names: Sequence[str]) -> int:
    """The characters of whole words with which all names begin; 0 if one of them ends there."""
    first = names[0] if names else ""
    return min((_shared(first, other) for other in names if other != first), default=0)


def _shared(name: str, other: str) -> int:
    """The characters of whole words with which both names begin."""
    pairs = zip(name, other, strict=False)
    least = min(len(name), len(other))
    length = next((i for i, (a, b) in enumerate(pairs) if a != b), least)
    if length == len(name) or not length:
        return 0
    return max((at.end() for at in _WORD_END.finditer(name, 0, length)), default=0)


def cut(line: Sequence[Span], width: int, more: str) -> Line:
    """The line if it fits, else its beginning and the ellipsis."""
    if cells(line) <= width:
        return tuple(line)
    out: list[Span] = []
    left = width
    for text, style in line:
        size = cell_len(text)
        if size >= left:
            # Keep one cell for the ellipsis even if this span would just fit.
            kept = set_cell_size(text, left - 1) if left > 1 else ""
            # A name that was cut already ends with the ellipsis.
            kept = kept.rstrip().removesuffix(more) + more if left > 0 else ""
            out.append((kept, style))
            break
        out.append((text, style))
        left -= size
    return tuple(out)


def fill(line: Sequence[Span], width: int, more: str) -> Line:
    """The line in exactly `width` cells."""
    kept = cut(line, width, more)
    return (*kept, (" " * max(0, width - cells(kept)), ""))


def spread(left: Sequence[Span], right: Sequence[Span], width: int, more: str) -> Line:
    """`left` and `right` at the two ends of a line; `left` is cut if both do not fit."""
    if not right:
        return fill(left, width, more)
    room = width - cells(right) - 1
    if room < 8:
        return fill(left, width, more)
    return (*fill(left, room, more), (" ", ""), *right)


def text_of(line: Iterable[Span]) -> str:
    """The line without its styles."""
    return "".join(text for text, _ in line)
