"""alignment_random_effects: the two random-effects components of align-system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from align_tui.core.alignment import random_effects, random_effects_multinomial
from align_tui.core.alignment.ranking import Ranking

from ..families import Check
from ..families.compare import (
    numbers_differ,
    predictions_of,
    scenario_relevance,
    values_differ,
)
from .compare import read_targets, refusal_differs


def ranked(given: Mapping[str, Any], *, multinomial: bool) -> Ranking:
    """The ranking of a case, whose targets pass through the reader of target files."""
    rank = random_effects_multinomial.rank if multinomial else random_effects.rank
    return rank(
        predictions_of(given["scores"]),
        read_targets(given["targets"]),
        scenario_relevance(given["probe_relevance"], len(given["scores"])),
        {},
        0,
        exact_ties=True,
    )


def check_choice(
    given: Mapping[str, Any], expected: Mapping[str, Any], *, multinomial: bool
) -> list[str]:
    """The choice and its probabilities."""
    names, ranking = list(given["scores"]), ranked(given, multinomial=multinomial)
    ours = dict(zip(names, ranking.scores, strict=True))
    if "probability_of_first" in expected:
        wanted = {names[0]: expected["probability_of_first"]}
        ours = {names[0]: ranking.scores[0]}
    else:
        wanted = expected["probabilities"]
    return [
        *values_differ("choice", expected["choice"], names[ranking.taken]),
        *values_differ("sample", expected["best_sample_index"], ranking.sample),
        *numbers_differ("probability", wanted, ours),
    ]


def check_two(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Two choices. Where the log odds overflow in align-system, ours are as certain as they are."""
    if "error" in expected:
        ranking = ranked(given, multinomial=False)
        odds: Any = ranking.details["log_odds"]
        certain = (0.0, 1.0) if odds < 0 else (1.0, 0.0)
        return [
            *([] if abs(odds) > 700.0 else [f"log odds {odds} do not overflow"]),
            *values_differ("choice", int(odds < 0), ranking.taken),
            *numbers_differ(
                "probability",
                dict(zip("ab", certain, strict=True)),
                dict(zip("ab", ranking.scores, strict=True)),
                absolute=1e-300,
            ),
        ]
    return check_choice(given, expected, multinomial=False)


def check_several(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """One to three choices. Three have scales of two attributes only; others are refused."""
    if "error" in expected:
        return refusal_differs(lambda: ranked(given, multinomial=True))
    return check_choice(given, expected, multinomial=True)


def check_even(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Log odds of 0: both functions take the first."""
    check = check_several if "probabilities" in expected else check_two
    return check(given, expected)


def check_refusal(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """An error of align-system's; also where it returns nothing, which is an error here."""
    multinomial = given["what"].startswith("multinomial:")
    return refusal_differs(lambda: ranked(given, multinomial=multinomial))


KINDS: Mapping[str, Check] = {
    "even_odds": check_even,
    "large_intercept": check_two,
    "large_intercept_multinomial": check_several,
    "multinomial_1": check_several,
    "multinomial_2": check_several,
    "multinomial_3": check_several,
    "refusals": check_refusal,
    "two_choices": check_two,
}
