"""The reply that an in-context example gives, in the form in which align-browser shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from align_tui.core.types import Json, JsonObject

ANSWER = "answer"


def response_json(text: str) -> JsonObject:
    """`{choice: {"score": 0.7, "reasoning": "..."}}` of an example's reply.

    align-browser reads these two keys of every entry. A reply that is a JSON object keeps its
    entries: those that are objects get the keys that they lack, and a number becomes a score.
    Any other reply, and every other entry, is the reasoning of an entry without a score.
    """
    try:
        found: Json = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, Mapping) or not found:
        return {ANSWER: _entry(text)}
    return {name: _entry(value) for name, value in found.items()}


def _entry(value: Json) -> JsonObject:
    if isinstance(value, Mapping):
        return {"score": "–", "reasoning": "", **value}
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"score": value, "reasoning": ""}
    return {"score": "–", "reasoning": value if isinstance(value, str) else json.dumps(value)}
