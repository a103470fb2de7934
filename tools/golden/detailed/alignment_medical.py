"""alignment_medical: the medical functions of align-system's alignment components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from align_tui.core.alignment import (
    medical_only,
    medical_urgency_midpoint,
    medical_urgency_midpoint_weighted,
)
from align_tui.core.alignment.ranking import Ranking

from ..families import Check
from ..families.compare import (
    numbers_differ,
    predictions_of,
    scenario_relevance,
    values_differ,
)
from .compare import no_target_differs, read_targets, refusal_differs

REASONS = {
    "not relevant": "left_out_zero_weight",
    "the choices are equal in both": "no_vote_all_equal",
    "the more urgent choice leads in both": "same_choice_leads_in_both",
    "equal need: the choice with more of the attribute": "equal_need_vote_for_attribute",
    "the target is at the midpoint: the more urgent choice": "target_at_midpoint_vote_for_need",
    "the target is below the midpoint: the more urgent choice": (
        "target_below_midpoint_vote_for_need"
    ),
    "the target is above the midpoint: the less urgent choice": (
        "target_above_midpoint_vote_for_attribute"
    ),
}
"""This program's reasons, and the codes that the vectors have for them."""


def check_medical_only(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of `MedicalOnlyAlignmentADMComponent`."""
    names = list(given["scores"])
    ranking = medical_only.rank(predictions_of(given["scores"]), (), None, {}, 0)
    return values_differ("choice", expected["choice"], names[ranking.taken])


def ranked(given: Mapping[str, Any]) -> Ranking:
    """The ranking of a case, whose targets pass through the reader of target files."""
    weighted = given["weighted_midpoints"]
    rank = medical_urgency_midpoint_weighted.rank if weighted else medical_urgency_midpoint.rank
    return rank(
        predictions_of(given["scores"]),
        read_targets(given["targets"]),
        scenario_relevance(given["probe_relevance"], len(given["scores"])),
        {},
        0,
        exact_ties=True,
    )


def check_midpoint(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The choice, the votes, and for each attribute midpoint, weight and reason."""
    if given["targets"] is None:
        return no_target_differs("medical_urgency_midpoint")
    if "error" in expected:
        return refusal_differs(lambda: ranked(given))
    names, ranking = list(given["scores"]), ranked(given)
    told: Any = ranking.details["per_kdma"]
    votes: Any = ranking.details["votes"]
    wanted = expected["per_attribute"]
    return [
        *values_differ("choice", expected["choice"], names[ranking.taken]),
        *values_differ("sample", expected["best_sample_index"], ranking.sample),
        *values_differ("attributes", set(wanted), set(told)),
        *numbers_differ("votes", expected["votes"], votes),
        *(
            difference
            for name in wanted.keys() & told.keys()
            for difference in _attribute_differs(name, wanted[name], told[name], given)
        ),
    ]


def _attribute_differs(
    name: str, wanted: Mapping[str, Any], told: Mapping[str, Any], given: Mapping[str, Any]
) -> list[str]:
    keys = [key for key in ("midpoint", "relevance_weight") if key in wanted]
    return [
        *numbers_differ(
            name, {key: wanted[key] for key in keys}, {key: told.get(key, -1.0) for key in keys}
        ),
        *values_differ(f"reason of {name}", wanted["reason"], REASONS.get(told["reasoning"])),
    ]


KINDS: Mapping[str, Check] = {
    "medical_only": check_medical_only,
    **dict.fromkeys(
        (
            "empty_target",
            "equal_attribute",
            "equal_need",
            "equal_need_and_attribute",
            "last_digit_difference",
            "last_digit_votes",
            "medical_is_the_target",
            "midpoint",
            "refusals",
            "relevance_lacks_attribute",
            "target_near_midpoint",
            "target_on_midpoint",
            "unscored_attribute",
            "votes_of_two_attributes",
            "weighted_midpoint",
        ),
        check_midpoint,
    ),
}
