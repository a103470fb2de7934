"""The view `by attribute`: accuracy for each attribute of a target, where it is labelled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len

from align_tui.tui.format.accuracy_rows import (
    MIN_CELL,
    AccuracyRow,
    accuracy_part,
    columns,
    lines_needed,
)
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.overview import Part, message_part
from align_tui.tui.format.styled_text import fit_keeping

MOST = 24  # cells of an attribute's name
NUMBERS, BAR = 18, 21  # cells of the numbers with the blanks around them, and of a bar


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """One profile's accuracy for one attribute's value; `tally` names the profile."""

    attribute: str
    sign: str  # the sign of the value, with a blank before it
    tally: AccuracyRow


def _attribute_cells(rows: Sequence[AttributeRow], most: int = MOST) -> int:
    return min(most, max(cell_len(row.attribute + row.sign) for row in rows))


def _least(rows: Sequence[AttributeRow]) -> int:
    """The least cells that leave every name whole and the bar readable."""
    return _attribute_cells(rows) + max(cell_len(row.tally.name) for row in rows) + NUMBERS + BAR


def lines_wanted(rows: Sequence[AttributeRow], width: int, most: int = 1) -> int:
    """The number of lines that all rows take, side by side if they need more than `most`."""
    return lines_needed(width, len(rows), _least(rows), most) if rows else 1


def attribute_part(
    rows: Sequence[AttributeRow], width: int, height: int, glyphs: Glyphs, *, discriminating: bool
) -> Part:
    """Rows in the order of attribute and value, so that profiles are easy to compare.

    If there is no room for all, the focused profile's rows come first, then other profiles' rows
    for the same attributes.
    """
    if not rows:
        return message_part("no profile has a target, and none is compared with one", width, glyphs)
    least = _least(rows)
    if lines_wanted(rows, width, height) > height:
        least = MIN_CELL  # cut a name rather than leave out a row
    room = columns(width, len(rows), least, height) * height
    shown = list(rows)
    if len(rows) > room:
        mine = {(row.attribute, row.sign) for row in rows if row.tally.focused}
        shown = sorted(
            rows, key=lambda row: (not row.tally.focused, (row.attribute, row.sign) not in mine)
        )[:room]
    longest = _attribute_cells(shown, min(MOST, width // 4))
    made = []
    for row in shown:
        name = fit_keeping(row.attribute, row.sign, longest, glyphs.more)
        padded = name + " " * (longest - cell_len(name))
        made.append(replace(row.tally, lead=f"{padded}  "))
    part = accuracy_part(made, width, height, glyphs, discriminating=discriminating, least=least)
    return Part(part.lines, part.caption, len(rows) - len(shown))
