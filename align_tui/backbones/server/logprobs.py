"""Read token probabilities in a server's answer; malformed ones are skipped, never an error."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from align_tui.backbones.server.repair import repaired


def first_tokens(answer: Mapping[str, Any]) -> Sequence[tuple[str, float]] | None:
    """(token, natural logarithm of its probability) for the first position; None without any.

    Skips entries without a finite number: servers send null for an unknown one.
    """
    found = [
        (repaired(token), float(log))
        for token, log in _entries(answer)
        if isinstance(token, str)
        and isinstance(log, int | float)
        and not isinstance(log, bool)
        and -1e9 < log < math.inf
    ]
    return found or None


def _entries(answer: Mapping[str, Any]) -> Iterator[tuple[object, object]]:
    logprobs = _mapping(_first(answer.get("choices"))).get("logprobs")
    first = _mapping(_first(_mapping(logprobs).get("content")))
    # In the older format the tokens of a position are the keys of an object.
    tops = first.get("top_logprobs") or _first(_mapping(logprobs).get("top_logprobs"))
    if isinstance(tops, Mapping):
        yield from tops.items()
    elif isinstance(tops, list):
        for top in tops:
            yield _mapping(top).get("token"), _mapping(top).get("logprob")


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and value else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
