"""The rows of the comparison screen: every column's mark and choice, and the row's two answers."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from align_tui.core.answers import letter
from align_tui.core.columns import PairedRow
from align_tui.core.text.display import one_line
from align_tui.tui.format.comparison import Digest, column_mark, row_name
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, Span, cells, fill, fit, fit_keeping

NAME = (12, 20)  # cells that a row's name keeps beside the marks, at least and at most


def columns_in_sight(digest: Digest, width: int) -> tuple[int, ...]:
    """The columns whose marks fit a row of that width, always with the two compared ones."""
    count = len(digest.paired.columns)
    least, largest = NAME
    name = max(least, min(largest, digest.longest - digest.shared)) + 3
    most = max(2, (width - len(str(len(digest.paired.rows))) - name) // 4)
    if count <= most:
        return tuple(range(count))
    two = {digest.comparison.a, digest.comparison.b}
    others = [index for index in range(count) if index not in two]
    return tuple(sorted({*two, *others[: most - len(two)]}))


def row_line(number: int, digest: Digest, *, current: bool, width: int, glyphs: Glyphs) -> Line:
    """`▸ 4 Bridge collapse   ✓A ✗B ! `: the mark and the choice of every column."""
    paired, row = digest.paired, digest.paired.rows[number]
    digits = len(str(len(paired.rows)))
    cursor = glyphs.cursor if current else " "
    head: list[Span] = [(f"{cursor}{number + 1:>{digits}} ", "key" if current else "quiet")]
    tail: list[Span] = []
    for index in columns_in_sight(digest, width):
        mark = column_mark(row, index, paired, digest.versus)
        choice = row.choices[index]
        tail += [
            (" ", ""),
            (glyphs.marks[mark], mark),
            (f"{letter(choice) if choice is not None else ' ':<2}", "text"),
        ]
    room = max(4, width - cells(head) - cells(tail))
    again = f" {row.repeat + 1}" if row.repeat else ""
    name = row_name(row.scenario)
    if digest.shared and cell_len(name) + cell_len(again) > room - 1:
        name = glyphs.more + name[digest.shared :]
    name = fit_keeping(name, again, room - 1, glyphs.more)
    body: list[Span] = [(name, "bright" if current else "text")]
    rest = room - cells(body) - 3
    if rest > 12:
        excerpt = fit(one_line(row.scenario.text[:300]), rest, glyphs.more)
        body.append((f"  {excerpt}", "quiet"))
    return (*head, *fill(body, room, glyphs.more), *tail)


def row_header(digest: Digest, width: int, glyphs: Glyphs) -> Line:
    """The numbers of the columns above their marks, and how many columns have no room."""
    shown = columns_in_sight(digest, width)
    tail = "".join(f" {index + 1:<3}" for index in shown)
    left = len(digest.paired.columns) - len(shown)
    more = f"+{left}{glyphs.more} " if left else ""
    pad = max(0, width - len(tail) - len(more))
    return fill(((" " * pad + more, "warn"), (tail, "quiet")), width, glyphs.more)


def chosen_line(row: PairedRow, index: int, digest: Digest, width: int, glyphs: Glyphs) -> Line:
    """`✓ A Treat the rescuer`, an open answer, or `not decided`."""
    choices = row.scenario.choice_texts
    mark = column_mark(row, index, digest.paired, digest.versus)
    choice = row.choices[index]
    outcome, head = row.outcomes[index], f"{glyphs.marks[mark]} "
    answer = {"failed": "failed", "none": "not decided"}.get(mark, "")
    if outcome is not None and outcome.text is not None:
        answer = one_line(outcome.text)
    if choice is not None:
        head, answer = f"{glyphs.marks[mark]} {letter(choice)} ", one_line(choices[choice])
    style = "quiet" if mark == "none" else "bright"
    return ((head, mark), (fit(answer, width - cell_len(head), glyphs.more), style))


def indices_of(
    rows: Sequence[PairedRow], first: int, second: int, *, only: bool
) -> tuple[int, ...]:
    """The rows to list: all, or those in which the two columns chose differently."""
    return tuple(i for i, row in enumerate(rows) if not only or chose_apart(row, first, second))


def chose_apart(row: PairedRow, first: int, second: int) -> bool:
    """True if both columns decided and chose differently."""
    one, other = row.choices[first], row.choices[second]
    return one is not None and other is not None and one != other


def next_difference(digest: Digest, start: int, step: int) -> int | None:
    """The index in `shown` of the next row that differs, past the end if needed; or None."""
    found, rows = digest.shown, digest.paired.rows
    a, b = digest.comparison.a, digest.comparison.b
    for distance in range(1, len(found) + 1):
        place = (start + step * distance) % len(found)
        if chose_apart(rows[found[place]], a, b):
            return place
    return None
