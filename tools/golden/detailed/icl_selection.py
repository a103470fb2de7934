"""icl_selection: align-system's select_icl_examples, its strategies and its word overlap."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from align_tui.config.examples import ExamplesSpec
from align_tui.core.errors import ExampleError
from align_tui.core.examples.selection import Candidate, Selected, SelectionRule, bonus
from align_tui.core.examples.word_overlap import nearest_text, word_overlap

from ..families import Check
from ..families.compare import values_differ
from ..families.example_selection import METHODS, indices_differ, select, similarities_differ

FLOAT32 = 1e-6
LEAVE_OUT = {None: "none", "scenario_description": "scenario", "characters": "characters"}


def rule_of(settings: Mapping[str, Any], *, as_reference: bool = False) -> SelectionRule:
    """The rule of align-system's settings, as a profile says it; ValidationError if it cannot."""
    left_out = settings.get("leave_one_out_strategy")
    table = {
        "scenarios": "case",
        "number": settings["number"],
        "method": METHODS.get(settings["method"], settings["method"]),
        "least_similar": settings.get("least_similar_examples", False),
        "most_similar": "first" if settings.get("most_similar_first", True) else "last",
        "leave_out": LEAVE_OUT.get(left_out, left_out),
        "as_reference": as_reference,
    }
    return ExamplesSpec.model_validate(table).rule


def _candidate(each: Mapping[str, Any]) -> Candidate:
    return Candidate(
        each["scenario"],
        each["prompt"],
        people=tuple(each["characters"]),
        actions=tuple(action for action, _ in each["actions"]),
        characters=tuple(character for _, character in each["actions"]),
    )


def selected(given: Mapping[str, Any], rule: SelectionRule, seed: int = 0) -> tuple[Selected, ...]:
    """What this program selects for a case; raises ExampleError."""
    each = given["candidates"]
    return select(
        _candidate(given["probe"]),
        [_candidate(one) for one in each],
        [one["similarity_of_prompts"] for one in each],
        [one["similarity_of_scenarios"] for one in each],
        rule,
        seed,
    )


def check_similar(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case with a method that compares.

    By default people are the same in any order, so one more candidate may be left out; the case is
    compared with the order that the files list them in.
    """
    rule = rule_of(given["settings"], as_reference=True)
    try:
        found = selected(given, rule)
    except ExampleError as error:
        return [] if "error" in expected else [error.message]
    if "error" in expected:
        return [f"expected {expected['error']}, ours {[one.index for one in found]}"]
    probe, each = _candidate(given["probe"]), given["candidates"]
    key = "similarity_of_scenarios" if rule.method == "scenario" else "similarity_of_prompts"
    ids = {one["id"]: index for index, one in enumerate(each)}

    def similarity(index: int) -> float:
        return float(each[index][key]) + bonus(probe, _candidate(each[index]), rule)

    return [
        *similarities_differ(expected["similarity"], found, FLOAT32),
        *indices_differ([ids[one] for one in expected["chosen_ids"]], found, similarity),
    ]


def check_same_characters(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """As `check_similar`; by default nobody of the same people is left, in whatever order."""
    differs = check_similar(given, expected)
    people = Counter(given["probe"]["characters"])
    try:
        found = selected(given, rule_of(given["settings"]))
    except ExampleError:
        return differs
    same = [one.index for one in found if _people(given, one.index) == people]
    return differs + ([f"candidates of the same people: {same}"] if same and people else [])


def _people(given: Mapping[str, Any], index: int) -> Counter[str]:
    return Counter(given["candidates"][index]["characters"])


def check_random(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a random selection: how many, of which, and which for seed 5."""
    rule = rule_of(given["settings"], as_reference=True)
    each = given["candidates"]
    drawn: set[int] = set()
    differs: list[str] = []
    for seed in range(60):
        found = selected(given, rule, seed)
        ids = [each[one.index]["id"] for one in found]
        drawn |= set(ids)
        repeats = len(set(ids)) < len(ids)
        differs += values_differ("number", expected["number_chosen"], len(ids))
        differs += values_differ("repeats", False, repeats)
        differs += values_differ("similarity", {expected["similarity"]}, {
            one.similarity for one in found} or {None})  # fmt: skip
        if seed == 5 and "ids_with_python_seed_5" in expected:
            differs += values_differ("seed 5", expected["ids_with_python_seed_5"], ids)
    allowed = set(expected["ids_that_can_be_chosen"])
    return differs + values_differ("can be chosen", allowed, drawn)


def check_edge(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of odd settings."""
    try:
        rule = rule_of(given["settings"], as_reference=True)
    except ValidationError as error:
        return [] if expected.get("error") == "ValueError" else [str(error)]
    if "error" in expected and len(given["candidates"]) >= rule.number:
        # What the reference misses is the attribute: no candidate has a label for it.
        given = {**given, "candidates": []}
    return check_similar(given, expected)


def check_word_overlap(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of `similarity_measures/heuristics.py`."""
    ours, wanted = word_overlap(given["first"], given["second"]), expected["similarity"]
    return [] if math.isclose(ours, wanted, rel_tol=1e-9) else [f"expected {wanted}, ours {ours}"]


def check_nearest_text(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of `force_choice`."""
    ours = nearest_text(given["text"], given["choices"])
    return values_differ("index", expected["index"], ours)


KINDS: Mapping[str, Check] = {
    **dict.fromkeys(
        (
            "prompt_bert_similarity",
            "scenario_bert_similarity",
            "matching_actions",
            "matching_characters",
            "leave_out_same_scenario",
            "equal_texts",
            "equal_scores",
            "too_few_after_leaving_out",
            "too_few_after_merging",
            "too_few_candidates",
        ),
        check_similar,
    ),
    "leave_out_same_characters": check_same_characters,
    "random": check_random,
    "edge": check_edge,
    "word_overlap_similarity": check_word_overlap,
    "nearest_text": check_nearest_text,
}
