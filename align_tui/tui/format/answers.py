"""The answers to a dialog's question, one line each with its key."""

from __future__ import annotations

from align_tui.tui.format.key_names import KeyNames
from align_tui.tui.format.styled_text import Line

KEY = 6  # cells of a key's name, unless one is longer


def answer_lines(keys: KeyNames, *answers: tuple[str, str]) -> tuple[Line, ...]:
    """`y      yes`, for each (id of the action, its meaning) that has a key."""
    named = [(keys.first(action), means) for action, means in answers if keys.first(action)]
    wide = max([KEY, *(len(name) for name, _ in named)])
    return tuple(((f"{name:<{wide}} ", "key"), (means, "bright")) for name, means in named)
