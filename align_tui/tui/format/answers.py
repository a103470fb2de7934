"""The answers to a dialog's question, each with its key."""

from __future__ import annotations

from align_tui.tui.format.key_names import SHORT, KeyNames
from align_tui.tui.format.styled_text import Line
from align_tui.tui.format.wrapping import wrap

KEY = 6  # cells of a key's name, unless one is longer


def answer_lines(keys: KeyNames, width: int, *answers: tuple[str, str]) -> tuple[Line, ...]:
    """`y      yes`, for each (id of the action, its meaning) that has a key.

    A meaning that is longer than the width is wrapped below itself.
    """
    named = [(keys.first(action), means) for action, means in answers if keys.first(action)]
    named = [(SHORT.get(name, name), means) for name, means in named]
    wide = max([KEY, *(len(name) for name, _ in named)])
    lines: list[Line] = []
    for name, means in named:
        for number, (_, row) in enumerate(wrap(means, max(8, width - wide - 1))):
            lines.append(((f"{'' if number else name:<{wide}} ", "key"), (row, "bright")))
    return tuple(lines)
