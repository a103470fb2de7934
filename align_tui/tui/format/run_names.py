"""Names of runs in little room: what is cut is not what tells two runs apart.

A child run is named by what it changes in what: `moral-desert-high: target 1 -> 0`,
`bridge-collapse edited` (`studies/changes.py`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from rich.cells import cell_len

from align_tui.tui.format.styled_text import fit_distinct

LEAST = 6  # cells that the name of what is changed keeps
_ENDS = re.compile(r" (?:edited(?: \([0-9]+\))?|added|removed)$")


def subject_and_change(name: str) -> tuple[str, str]:
    """(`moral-desert-high`, `: target 1 -> 0`), or (`s3`, ` edited`); the change may be empty."""
    subject, colon, change = name.partition(": ")
    if colon:
        return subject, colon + change
    found = _ENDS.search(name)
    return (name[: found.start()], found[0]) if found else (name, "")


@lru_cache(maxsize=512)  # a list of runs is painted often, and compares every two names
def fit_run_name(name: str, width: int, more: str, among: tuple[str, ...] = ()) -> str:
    """A run's name in `width` cells; what is changed is cut before the change.

    `among` are the names of other runs, or of what a run may change: a part that is cut keeps what
    differs from them.
    """
    if cell_len(name) <= width:
        return name
    subject, change = subject_and_change(name)
    room = max(LEAST, width - cell_len(change))
    if not change or width < 2 * LEAST:
        return fit_distinct(name, width, more, among)
    others = [subject_and_change(other) for other in among]
    kept = fit_distinct(subject, room, more, [other for other, _ in others])
    alike = [other for of, other in others if of == subject]
    if kept.endswith(more):  # one ellipsis stands for what both leave out
        spare = width - cell_len(kept) + cell_len(more)
        if (end := fit_distinct(change, spare, more, alike)).startswith(more):
            return kept + end.removeprefix(more)
    return kept + fit_distinct(change, width - cell_len(kept), more, alike)
