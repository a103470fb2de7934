"""The orders in which choices were shown, as the database keeps them."""

from __future__ import annotations

import json
from collections.abc import Sequence

from align_tui.core.decisions import ShownChoices


def shown_json(shown: Sequence[ShownChoices]) -> str | None:
    """`[[order, choice], ...]` as JSON; None without any."""
    if not shown:
        return None
    return json.dumps([[list(each.order), each.choice] for each in shown])


def read_shown(text: str | None) -> tuple[ShownChoices, ...]:
    """Inverse of `shown_json`."""
    if not text:
        return ()
    return tuple(
        ShownChoices(tuple(int(index) for index in order), int(choice))
        for order, choice in json.loads(text)
    )


def read_order(text: str | None) -> tuple[int, ...] | None:
    """The order of one reply; None where it is the scenario's own."""
    return tuple(int(index) for index in json.loads(text)) if text else None
