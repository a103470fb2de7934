"""Merge scenario sets: the same question in several files becomes one scenario with all labels.

OpinionQA has a file for each group of people, and the groups were asked many of the same questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from align_tui.core.scenarios import Choice, Scenario
from align_tui.formats.drafts import KEY_MARK
from align_tui.formats.sets import ScenarioSet, tell_apart


def merged(sets: Sequence[ScenarioSet], name: str) -> ScenarioSet:
    """One set of all scenarios, in order; scenarios of which equal things are seen are one.

    It keeps the first one's key and source, and the labels and shares of all. Of two different
    values for the same choice and attribute the first is kept, and a note says so. Later equal keys
    of different scenarios get a number.
    """
    found: dict[str, Scenario] = {}
    differing: dict[str, None] = {}
    again = 0
    for each in sets:
        for scenario in each:
            known = found.get(scenario.seen_hash)
            if known is None:
                found[scenario.seen_hash] = scenario
                continue
            again += 1
            joined, differs = _joined(known, scenario)
            found[scenario.seen_hash] = joined
            differing |= dict.fromkeys([known.key] if differs else [])
    scenarios = tuple(found.values())
    keys = tell_apart([scenario.key for scenario in scenarios], KEY_MARK)
    notes = [note for each in sets for note in each.notes]
    if again:
        notes.append(f"Scenarios that several files have, with their labels joined: {again}.")
    if differing:
        some = ", ".join(list(differing)[:4])
        notes.append(f"Different labels in two files, of which the first file's are kept: {some}.")
    return replace(
        sets[0],
        name=name,
        description="",
        format=", ".join(dict.fromkeys(each.format for each in sets)),
        scenarios=tuple(replace(s, key=key) for s, key in zip(scenarios, keys, strict=True)),
        path=None,
        notes=tuple(dict.fromkeys(notes)),
    )


def _joined(one: Scenario, other: Scenario) -> tuple[Scenario, bool]:
    """The first scenario with the labels of both, and True if they contradict each other."""
    differs = False
    choices: list[Choice] = []
    for mine, theirs in zip(one.choices, other.choices, strict=True):
        differs |= any(mine.labels.get(k, v) != v for k, v in theirs.labels.items())
        choices.append(replace(mine, labels={**theirs.labels, **mine.labels}))
    differs |= any(one.shares.get(group, row) != row for group, row in other.shares.items())
    shares = {**other.shares, **one.shares}
    ordinal = one.ordinal or other.ordinal
    return replace(one, choices=tuple(choices), shares=shares, ordinal=ordinal), differs
