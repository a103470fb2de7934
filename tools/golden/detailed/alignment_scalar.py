"""alignment_scalar: the functions of numbers in align-system's `alignment_utils`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.alignment import (
    average_distance,
    cumulative_average_distance,
    relevance_average_distance,
)
from align_tui.core.alignment.ranking import Ranking
from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.predictions import Relevance
from align_tui.core.targets import Target, Targets
from align_tui.studies.assemble import check

from ..families import Check
from ..families.compare import (
    numbers_differ,
    predictions_of,
    relevance_of,
    targets_of,
)
from .compare import (
    read_targets,
    refusal_differs,
    spread_of_draws_differs,
    tied_ranking_differs,
)

Rank: TypeAlias = Callable[..., Ranking]
FUNCTIONS: Mapping[str, Rank] = {
    "average": average_distance.rank,
    "running_average": cumulative_average_distance.rank,
    "relevance": relevance_average_distance.rank,
}


def targets_by_name(given: Mapping[str, Any]) -> Targets:
    """Targets from {attribute: number}."""
    return tuple(Target(name, float(value)) for name, value in given.items())


def ranked(rank: Rank, given: Mapping[str, Any], **parameters: Any) -> Ranking:
    """The ranking of a case's scores, with ties to the last bit unless it is said otherwise."""
    relevance: Relevance | None = relevance_of(given.get("relevance"))
    return rank(
        predictions_of(given["scores"]),
        targets_by_name(given["targets"]),
        relevance,
        given.get("history") or {},
        0,
        misaligned=bool(given.get("misaligned", False)),
        **{"exact_ties": True, **parameters},
    )


def check_by(rank: Rank) -> Check:
    """A check of one function: probabilities, tied best (both ways), and the speaking sample."""

    def checked(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
        if "error" in expected:
            return refusal_differs(lambda: ranked(rank, given))
        names = list(given["scores"])
        exact, near = ranked(rank, given), ranked(rank, given, exact_ties=False)
        return tied_ranking_differs(names, exact, near, expected)

    return checked


def check_component(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A case of `AlignmentADMComponent`, which names its function."""
    return check_by(FUNCTIONS[given["function"]])(given, expected)


def check_probabilistic(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The probabilities, and whether 400 draws of ours spread as they say."""
    ranking = ranked(average_distance.rank, given)
    names = list(given["scores"])
    drawn = [
        average_distance.rank(
            predictions_of(given["scores"]),
            targets_by_name(given["targets"]),
            None,
            {},
            seed,
            misaligned=bool(given["misaligned"]),
            probabilistic=True,
        ).taken
        for seed in range(400)
    ]
    ours = dict(zip(names, ranking.scores, strict=True))
    return [
        *numbers_differ("probability", expected["probabilities"], ours),
        *spread_of_draws_differs(ranking.scores, drawn),
    ]


def check_refusal(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A refusal of align-system's. An integer is a number here, as it is in its component."""
    if given["what"] == "integer_target":
        ranking = average_distance.rank(
            predictions_of(given["scores"]), targets_of(given["targets"]), None, {}, 0
        )
        number = targets_of([{**each, "value": float(each["value"])} for each in given["targets"]])
        again = average_distance.rank(predictions_of(given["scores"]), number, None, {}, 0)
        return [] if ranking == again else ["an integer target ranks otherwise than its float"]
    return refusal_differs(
        lambda: average_distance.rank(
            predictions_of(given["scores"]), read_targets(given["targets"]), None, {}, 0
        )
    )


def check_component_refusal(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A refusal of the component, which knows the attribute `order` alone."""
    if given["what"] == "unknown_attribute":
        known = Attributes({"order": Attribute("order", "order", "", "", "")})
        targets = [{"attribute": each["kdma"], "value": each["value"]} for each in given["targets"]]
        profile = Profile.model_validate(
            {"name": "golden", "adm": {"kind": "oracle"}, "target": targets}
        )
        study = Study(name="golden", profiles=(profile,), scenarios=())
        return refusal_differs(lambda: check(study, known))
    return check_refusal(given, expected)


KINDS: Mapping[str, Check] = {
    "average_distance": check_by(average_distance.rank),
    "average_distance_probabilistic": check_probabilistic,
    "average_distance_single_numbers": check_by(average_distance.rank),
    "average_distance_symmetric": check_by(average_distance.rank),
    "component": check_component,
    "component_refusals": check_component_refusal,
    "refusals": check_refusal,
    "relevance_all_zero": check_by(relevance_average_distance.rank),
    "relevance_missing": check_by(relevance_average_distance.rank),
    "relevance_weighted": check_by(relevance_average_distance.rank),
    "running_average": check_by(cumulative_average_distance.rank),
    "running_average_without_history": check_by(cumulative_average_distance.rank),
}
