"""The groups of the list in words: in its title, in a notice, and the heading of each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from align_tui.monitor.grouping import NONE, Grouping
from align_tui.monitor.ordering import Group
from align_tui.tui.format.bars import POINT, point
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.scenario_list import SHORT_NAME, Shape
from align_tui.tui.format.styled_text import Line, Span, cells, fit
from align_tui.tui.format.targets import words

NOTHING = "-"  # in place of the accuracy of a column that is not scored on a group


def grouping_words(grouping: Grouping, focus: int) -> str:
    """`by attribute`, `by outcome of 2`; `focus` is the focused column."""
    pane = focus + 1
    return {
        "none": "not grouped",
        "attribute": "by attribute",
        "family": "by family",
        "meta": f"by {words(grouping.key)}",
        "outcome": f"by outcome of {pane}",
        "baseline": f"by outcome of {pane} and its baseline",
    }[grouping.kind]


def group_name(grouping: Grouping, group: Group) -> str:
    """The name of a group as the list shows it."""
    if group.name == NONE:
        return {"attribute": "unlabelled", "family": "no family"}.get(grouping.kind, "no value")
    if grouping.kind == "meta":
        return f"{words(grouping.key)} {words(group.name)}"
    return group.name if grouping.kind in ("outcome", "baseline") else words(group.name)


def place_words(grouping: Grouping, group: Group, place: int) -> str:
    """`moral desert 3/14`: where the scenario at a place of the list stands in its group."""
    return f"{group_name(grouping, group)} {place - group.start + 1}/{group.count}"


@dataclass(frozen=True, slots=True)
class HeadingShape:
    """What all headings have in common: their width in cells, and whose accuracies they show."""

    width: int
    columns: tuple[int, ...]
    numbered: bool  # a column's number stands before its accuracy


def heading_shape(shape: Shape, names: Sequence[str], most: int, focus: int) -> HeadingShape:
    """All columns if their accuracies fit beside every name, else the focused one, else none.

    `names` are those of the groups, and `most` is the largest number of scenarios in one.
    """
    profiles, width = shape.columns.of, shape.width
    name = max(map(cell_len, names), default=0) + len(str(most)) + 3  # and the blanks around
    if shape.kind == "marks":
        return HeadingShape(width, (), False)
    if name + profiles * (POINT + 1) <= width:
        return HeadingShape(width, tuple(range(profiles)), False)
    one = len(str(focus + 1)) + POINT + 2
    kept = (focus,) if width - one >= SHORT_NAME + len(str(most)) + 3 else ()
    return HeadingShape(width, kept, True)


def heading_line(
    name: str,
    count: int,
    accuracies: Sequence[float | None],
    shape: HeadingShape,
    glyphs: Glyphs,
    *,
    current: bool,
    focus: int,
) -> Line:
    """`moral desert 14 ──────── 2  .58`, or with the accuracy of every column.

    `current` is the group of the shown scenario.
    """
    tail: list[Span] = []
    for column in shape.columns:
        known = accuracies[column] if column < len(accuracies) else None
        if shape.numbered:
            tail.append((f" {column + 1}", "quiet"))
        text = NOTHING if known is None else point(known)
        tail.append((f" {text:>{POINT}}", "title" if column == focus else "text"))
    number = f" {count}"
    room = shape.width - cells(tail) - len(number) - 1
    shown = fit(name, room, glyphs.more)
    rule = shape.width - cells(tail) - cell_len(shown) - len(number) - 1
    return (
        (shown, "title" if current else "bright"),
        (number, "quiet"),
        (f" {glyphs.line * max(0, rule)}", "faint"),
        *tail,
    )
