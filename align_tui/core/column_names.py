"""Names of columns: the profile's name, with the model beside it."""

from __future__ import annotations

import re
from collections.abc import Collection

from align_tui.core.attributes import fold

MAX_NAME = 80  # the limit of a profile's name
MAX_LABEL = 40  # leaves half of a long name to the profile
AT = " @ "
_NUMBER = re.compile(r"(~[0-9]+| \([0-9]+\))$")


def column_name(profile: str, label: str, taken: Collection[str]) -> str:
    """`baseline @ mistral-7b`, cut to MAX_NAME characters, and numbered if the name is taken."""
    tail = f"{AT}{cut_to(label, MAX_LABEL)}"
    return free(cut_to(profile, MAX_NAME - len(tail)) + tail, taken, MAX_NAME)


def model_beside(name: str, model: str) -> str:
    """The model to show beside a column's name; empty if the name contains it already."""
    named = fold(_NUMBER.sub("", name.rpartition(AT)[2])) if AT in name else ""
    return "" if named and fold(model).startswith(named) else model


def with_model(name: str, model: str, sign: str = "·") -> str:
    """`baseline · Mistral-7B-Instruct-v0.3`, on one line."""
    beside = model_beside(name, model)
    return f"{name} {sign} {beside}" if beside else name


def as_label(text: str) -> str:
    """`text` with `-` in place of characters that a profile's name must not have."""
    return re.sub(r"[\x00-\x1f\x7f/\\]+", "-", text).strip() or "model"


def cut_to(text: str, most: int) -> str:
    """The first `most` characters; an ellipsis stands for the rest."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def free(name: str, taken: Collection[str], most: int) -> str:
    """The name, with the first number from 2 on that makes it unique if it is taken."""
    made, number = name, 1
    while made in taken:
        number += 1
        tail = f" ({number})"
        made = cut_to(name, most - len(tail)) + tail
    return made
