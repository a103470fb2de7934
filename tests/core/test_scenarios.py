"""A scenario's people, supplies and actions: kept in JSON, and seen, so part of its hash."""

from __future__ import annotations

import json
from dataclasses import replace

from align_tui.core.scenarios import (
    Character,
    Choice,
    Scenario,
    scenario_from_json,
    scenario_to_json,
)

PLAIN = Scenario("s", "Two are hurt.", (Choice("Treat Ann", {"medical": 1.0}), Choice("Treat Bo")))
PEOPLED = replace(
    PLAIN,
    choices=(
        Choice("Treat Ann", {"medical": 1.0}, "TREAT_PATIENT", "ann"),
        Choice("Treat Bo", {}, "TREAT_PATIENT", "bo"),
    ),
    characters=(Character("ann", "Ann", "She bleeds.", {"age": 40}), Character("bo")),
    supplies=("2 bandages",),
)


def test_people_supplies_and_actions_survive_json() -> None:
    assert scenario_from_json(json.loads(json.dumps(scenario_to_json(PEOPLED)))) == PEOPLED
    assert scenario_from_json(scenario_to_json(PLAIN)) == PLAIN


def test_a_scenario_without_people_keeps_the_hash_that_it_had() -> None:
    # Stored runs compare by them, and seeds come from the second.
    assert PLAIN.hash == "cc2493409abf49e0c5c7275a3d661b08ecdf73d54e1aac11de3c8344404212f5"
    assert PLAIN.seen_hash == "7b476a79ba743a5ac2bd8d6c13ba3dfdbb0c94a5876c7d4aa903d962644d2125"


def test_every_part_that_a_model_sees_changes_the_hash() -> None:
    changed = [
        replace(PEOPLED, supplies=()),
        replace(PEOPLED, characters=PEOPLED.characters[:1]),
        replace(PEOPLED, choices=PLAIN.choices),
    ]
    assert len({each.seen_hash for each in (PLAIN, PEOPLED, *changed)}) == 5
