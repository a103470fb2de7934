"""Read `icl_example_responses` of a record: the solved scenarios that a prompt showed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from align_tui.core.decisions import UsedExample
from align_tui.core.types import Json, canonical

MOST_EXAMPLES = 200
MOST_CHARS = 100_000
ANSWER = "answer"
"""The key of a reply in free text, as `align-tui export` writes it."""

Name = Callable[[str], str]
"""Turns the spelling of an attribute into its id."""


def read_examples(value: Json, name: Name) -> tuple[UsedExample, ...]:
    """The examples by attribute, in the order of the prompt; entries of another form are left out.

    align-system names no example, so that it has its attribute and number. Never raises.
    """
    if not isinstance(value, Mapping):
        return ()
    found: list[UsedExample] = []
    for spelled, entries in value.items():
        if isinstance(entries, list):
            found += _of_attribute(name(spelled) if spelled.strip() else "", entries)
    return tuple(found[:MOST_EXAMPLES])


def _of_attribute(attribute: str, entries: list[Json]) -> Iterator[UsedExample]:
    for number, entry in enumerate(entries[:MOST_EXAMPLES], start=1):
        if not isinstance(entry, Mapping):
            continue
        prompt, key = entry.get("prompt"), entry.get("example")
        response = _response(entry.get("response"))
        if isinstance(prompt, str) and max(len(prompt), len(response)) <= MOST_CHARS:
            known = isinstance(key, str) and 0 < len(key) <= 500
            yield UsedExample(
                str(key) if known else f"{attribute} {number}",
                _similarity(entry.get("similarity_score")),
                attribute,
                prompt,
                response,
            )


def _similarity(value: Json) -> float | None:
    """The number; None for a random example and for what is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        return None
    return float(value) if math.isfinite(value) else None


def _response(value: Json) -> str:
    """The reply as text: JSON as it was, or the words of a reply in free text."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and list(value) == [ANSWER]:
        entry = value[ANSWER]
        words = entry.get("reasoning") if isinstance(entry, Mapping) else None
        if isinstance(words, str):
            return words
    return canonical(value)
