"""An error below what the user edits."""

from __future__ import annotations

from align_tui.core.errors import AlignError
from align_tui.core.text.display import one_line
from align_tui.tui.format.styled_text import Line
from align_tui.tui.format.wrapping import wrap

MOST = 1_000  # characters of an error that a dialog shows


def complaint_lines(error: AlignError, width: int) -> list[Line]:
    """The error's message and its hint, wrapped so that all of both is seen."""
    room = max(10, width - 2)
    message = [row for _, row in wrap(one_line(error.message, MOST), room)]
    lines: list[Line] = [
        (("! " if number == 0 else "  ", "failed"), (row, "bright"))
        for number, row in enumerate(message)
    ]
    if error.hint:
        hint = wrap(one_line(error.hint, MOST), room)
        lines += [((f"  {row}", "quiet"),) for _, row in hint]
    return lines
