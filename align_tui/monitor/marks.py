"""The marks of cells, and search among them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from align_tui.monitor.snapshot import Cell, Cells, Repeats

MarkName = Literal["none", "pending", "working", "right", "wrong", "unscored", "failed"]


def correct_of(scores: Sequence[tuple[str, bool | None]], target: str | None) -> bool | None:
    """True if the scores call it right for one target; None if it is unscored."""
    for name, correct in scores:  # a loop is fast enough for every cell of a filtered list
        if name == target:
            return correct
    return None


def cell_mark(cell: Cell | None, target: str | None) -> MarkName:
    """The mark of one sample for one target."""
    if cell is None or cell.status == "absent":
        return "none"  # nobody has asked for it
    if cell.status == "pending" or (cell.status == "running" and not cell.begun):
        return "pending"
    if cell.status == "running":
        return "working"
    if cell.status == "failed":
        return "failed"
    return verdict(correct_of(cell.scores, target))


def verdict(correct: bool | None) -> MarkName:
    """The mark of a decision: right, wrong, or unscored."""
    if correct is None:
        return "unscored"
    return "right" if correct else "wrong"


def mark_of(repeats: Repeats, target: str | None) -> MarkName:
    """One mark for all repeats: a running or failed one comes first, then the majority."""
    if len(repeats) == 1:
        return cell_mark(repeats[0], target)
    marks = [cell_mark(cell, target) for cell in repeats]
    for name in ("working", "failed"):
        if name in marks:
            return "working" if name == "working" else "failed"
    if "pending" in marks:
        return "working" if any(mark not in ("pending", "none") for mark in marks) else "pending"
    marks = [mark for mark in marks if mark != "none"]
    if not marks:
        return "none"
    right, wrong = marks.count("right"), marks.count("wrong")
    if right == wrong == 0:
        return "unscored"
    return "right" if right > wrong else "wrong"


def row_marks(row: Cells, targets: Sequence[str | None]) -> tuple[MarkName, ...]:
    """The marks on one scenario, by profile."""
    return tuple(mark_of(row[p], targets[p]) for p in range(len(row)))


def samples_of(row: Cells) -> Iterator[int]:
    """The samples on one scenario that exist."""
    return (cell.sample for repeats in row for cell in repeats if cell is not None)


def next_wrong(
    rows: Sequence[Cells],
    targets: Sequence[str | None],
    profiles: Sequence[int],
    listed: Sequence[int],
    start: int,
    step: int,
) -> int | None:
    """The nearest scenario with a wrong decision, from `start` by `step`, round the end.

    `listed` has all scenarios, in the order of the list.
    """
    if not rows:
        return None
    at = listed.index(start)
    for distance in range(1, len(listed) + 1):
        scenario = listed[(at + step * distance) % len(listed)]
        if any(mark_of(rows[scenario][p], targets[p]) == "wrong" for p in profiles):
            return scenario
    return None


def focus_repeat(repeats: Repeats) -> int:
    """The repeat that a pane shows by default: a running one, else the last that ended."""
    running = [i for i, cell in enumerate(repeats) if cell is not None and cell.status == "running"]
    if running:
        return running[0]
    ended = [
        i
        for i, cell in enumerate(repeats)
        if cell is not None and cell.status in ("done", "failed")
    ]
    return ended[-1] if ended else 0
