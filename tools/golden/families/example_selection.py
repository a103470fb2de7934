"""example_selection: how align-system's incontext_utils select examples."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from align_tui.config.examples import ExamplesSpec
from align_tui.core.errors import ExampleError
from align_tui.core.examples.selection import Candidate, Selected, SelectionRule, bonus, pool, take

from .compare import RELATIVE

METHODS = {
    "random": "random",
    "scenario_bert_similarity": "scenario",
    "prompt_bert_similarity": "prompt",
    "matching_actions": "actions",
    "matching_characters": "characters",
}


def select(
    probe: Candidate,
    candidates: Sequence[Candidate],
    by_prompt: Sequence[float],
    by_scenario: Sequence[float],
    rule: SelectionRule,
    seed: int = 0,
) -> tuple[Selected, ...]:
    """Select with the similarities of a case; raises ExampleError if too few are left."""
    pooled = pool(probe, candidates, rule)
    known = by_scenario if rule.method == "scenario" else by_prompt
    return take(probe, candidates, pooled, [known[index] for index in pooled], rule, seed)


def _candidate(each: Mapping[str, Any]) -> Candidate:
    return Candidate(
        each["scenario"],
        each["prompt"],
        actions=tuple(each["action_types"]),
        characters=tuple(each["characters"]),
    )


def similarities_differ(
    expected: Sequence[float], ours: Sequence[Selected], relative: float = RELATIVE
) -> list[str]:
    """The differences between two lists of similarities, in order."""
    found = [each.similarity for each in ours]
    if len(found) == len(expected) and all(
        mine is not None and math.isclose(mine, one, rel_tol=relative)
        for mine, one in zip(found, expected, strict=True)
    ):
        return []
    return [f"similarity: expected {list(expected)}, ours {found}"]


def indices_differ(
    expected: Sequence[int], ours: Sequence[Selected], similarity: Callable[[int], float]
) -> list[str]:
    """The differences between two selections, in order.

    align-system takes any of equally similar candidates (torch.topk), and so ours may be another
    of them.
    """
    found = [each.index for each in ours]
    if len(found) == len(expected) == len(set(found)) and all(
        mine == one or math.isclose(similarity(mine), similarity(one), rel_tol=RELATIVE)
        for mine, one in zip(found, expected, strict=True)
    ):
        return []
    return [f"examples: expected {list(expected)}, ours {found}"]


def _probe(given: Mapping[str, Any]) -> Candidate:
    return Candidate(
        "",
        actions=tuple(given["probe_action_types"]),
        characters=tuple(given["probe_characters"]),
    )


def _similarity(given: Mapping[str, Any], rule: SelectionRule, index: int) -> float:
    one = given["candidates"][index]
    known = one["scenario_similarity" if rule.method == "scenario" else "prompt_similarity"]
    return float(known) + bonus(_probe(given), _candidate(one), rule)


def check(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of `select_icl_examples` with given similarities."""
    rule = ExamplesSpec.model_validate(
        {
            "scenarios": "case",
            "method": METHODS[given["method"]],
            "number": given["number"],
            "least_similar": given["least_similar"],
            "most_similar": "first",
            "leave_out": "none",
        }
    ).rule
    each = given["candidates"]
    try:
        found = select(
            _probe(given),
            [_candidate(one) for one in each],
            [one["prompt_similarity"] for one in each],
            [one["scenario_similarity"] for one in each],
            rule,
        )
    except ExampleError as error:
        return [] if "examples_most_similar_first" not in expected else [error.message]
    if "examples_most_similar_first" not in expected:
        return [f"expected {dict(expected)}, ours {[one.index for one in found]}"]
    differs = similarities_differ(expected["similarity"], found)
    ids = {one["id"]: index for index, one in enumerate(each)}
    wanted = [ids[one] for one in expected["examples_most_similar_first"]]
    return differs + indices_differ(wanted, found, lambda index: _similarity(given, rule, index))
