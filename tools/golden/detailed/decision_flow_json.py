"""decision_flow_json: JSON objects in free text, of `decision_flow_adm/utils.py`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from align_tui.adms.reply import read_object
from align_tui.core.errors import ReplyError
from align_tui.core.loose_json import closed, cut_out, find_object, read_loose

from ..families import Check
from ..families.compare import values_differ


def check_from_text(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of an object found in a text."""
    keys = given["expected_keys"] or ()
    found = find_object(given["text"], keys, by_key=given["use_key_search"])
    return values_differ("parsed", expected["parsed"], found)


def check_required(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of an object that must have keys; an expected error is a refusal."""
    try:
        found: Any = read_loose(given["text"], given["required_keys"])
    except ReplyError:
        return values_differ("refusal", "error" in expected, True)
    return values_differ("parsed", expected.get("parsed", "a refusal"), found)


def check_repair(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of the two steps of repair."""
    return [
        *values_differ("repaired", expected["repaired"], closed(given["text"])),
        *values_differ("cleaned", expected["cleaned"], cut_out(given["text"])),
    ]


def check_structured(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A reply under a schema is a JSON object, or it is refused."""
    try:
        read_object(json.dumps(given["value"]), lambda found: found)
    except ReplyError:
        return values_differ("refusal", "error" in expected, True)
    return values_differ("accepted", expected.get("accepted", False), True)


KINDS: Mapping[str, Check] = {
    "from_text": check_from_text,
    "from_text_with_required_keys": check_required,
    "repair": check_repair,
    "structured_answer": check_structured,
}
