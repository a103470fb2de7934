"""Token probabilities in a server's answer: whatever of them can be read, and never a failure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from align_tui.backbones.server.repair import repaired


def first_tokens(answer: Mapping[str, Any]) -> Sequence[tuple[str, float]] | None:
    """(token, natural logarithm of its probability) of what may come first; None when not told.

    Entries without a finite number are passed over: servers tell null where they do not know.
    """
    found = [
        (repaired(token), float(log))
        for token, log in _told(answer)
        if isinstance(token, str)
        and isinstance(log, int | float)
        and not isinstance(log, bool)
        and -1e9 < log < math.inf
    ]
    return found or None


def _told(answer: Mapping[str, Any]) -> Iterator[tuple[object, object]]:
    told = _mapping(_first(answer.get("choices"))).get("logprobs")
    first = _mapping(_first(_mapping(told).get("content")))
    # In the older shape the tokens of a position are the keys of an object.
    tops = first.get("top_logprobs") or _first(_mapping(told).get("top_logprobs"))
    if isinstance(tops, Mapping):
        yield from tops.items()
    elif isinstance(tops, list):
        for top in tops:
            yield _mapping(top).get("token"), _mapping(top).get("logprob")


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and value else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
