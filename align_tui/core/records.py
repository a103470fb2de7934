"""Labelled scenarios from which a decision-maker learns, as one text, and their hash.

Sets of records have no names here: they stand in the order in which the profile names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from align_tui.core.scenarios import Scenario, scenario_from_json, scenario_to_json
from align_tui.core.types import canonical, content_hash

RecordSets: TypeAlias = tuple[tuple[Scenario, ...], ...]


def set_hash(scenarios: Iterable[Scenario]) -> str:
    """SHA-256 of the keys and the scenarios' hashes, in order."""
    return content_hash([[scenario.key, scenario.hash] for scenario in scenarios])


def records_hash(sets: Sequence[Sequence[Scenario]]) -> str:
    """The hash by which a profile pins its records: SHA-256 of the hashes of its sets."""
    return content_hash([set_hash(each) for each in sets])


def records_text(sets: Sequence[Sequence[Scenario]]) -> str:
    """The sets as canonical JSON: a list of scenarios, or a list of such lists for several sets."""
    bodies = [[scenario_to_json(scenario) for scenario in each] for each in sets]
    return canonical(bodies[0] if len(bodies) == 1 else bodies)


def records_from_json(body: Any, sha256: str) -> RecordSets | None:
    """The sets of a parsed text; None unless `records_hash` of them is `sha256`.

    Earlier versions wrote several sets as one list, which does not say where each ends: None.
    """
    if not isinstance(body, list):
        return None
    lists = body if body and all(isinstance(each, list) for each in body) else [body]
    try:
        sets = tuple(tuple(scenario_from_json(each) for each in found) for found in lists)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
    return sets if records_hash(sets) == sha256 else None
