"""The settings of several columns side by side, as text."""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.core.column_names import with_model
from align_tui.core.columns import Column
from align_tui.core.settings import Setting, beside
from align_tui.core.text.display import one_line, plain
from align_tui.tui.format.glyphs import Glyphs

MOST = 400  # characters of a value; templates can be long


def settings_text(columns: Sequence[Column], glyphs: Glyphs) -> str:
    """First the settings that differ, each value with its columns' numbers; then the others."""
    rows = beside([column.settings for column in columns])
    differing = [row for row in rows if row.differs]
    out = [
        f"{number} {with_model(column.name, column.model, glyphs.sep)}   run {column.run}"
        for number, column in enumerate(columns, start=1)
    ]
    out += ["", f"WHAT DIFFERS ({len(differing)} of {len(rows)})"]
    for row in differing:
        out += _differing(row, glyphs.unlike)
    if not differing:
        out.append("  nothing: these columns have the same settings")
    out += ["", "WHAT ALL SHARE"]
    out += [f"  {row.name:<32} {_short(row.values[0])}" for row in rows if not row.differs]
    return plain("\n".join(out))


def _differing(row: Setting, sign: str) -> list[str]:
    """One line for each value, with the numbers of the columns that have it."""
    holders: dict[str, list[str]] = {}
    for number, value in enumerate(row.values, start=1):
        holders.setdefault(value, []).append(str(number))
    return [f"  {sign} {row.name}"] + [
        f"      {','.join(numbers):<8} {_short(value)}" for value, numbers in holders.items()
    ]


def _short(value: str) -> str:
    return one_line(value, MOST) or "(empty)"
