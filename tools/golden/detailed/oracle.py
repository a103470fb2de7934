"""oracle: align-system's oracles, by this program's oracle and its alignment functions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from align_tui.adms.oracle import label_predictions, rank_labels, relevance_in_scenario
from align_tui.adms.registry import make_adm
from align_tui.config.alignment import OURS, AlignmentParams
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.config.targets import target_tables
from align_tui.core.alignment.ranking import Ranking
from align_tui.core.decisions import Decision
from align_tui.core.errors import AlignError
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import Target, Targets
from align_tui.core.types import Json
from align_tui.formats.read import scenarios_of_text

from ..families import Check
from ..families.compare import kde_of, numbers_differ, sets_differ, values_differ
from .compare import no_target_differs, refusal_differs
from .script import ScriptedModel

FUNCTIONS: Mapping[str, str] = {
    "average": "average_distance",
    "cumulative_average": "cumulative_average_distance",
    "relevance_average": "relevance_average_distance",
    "sample": "kde_sample",
    "max_likelihood": "kde_max_likelihood",
    "js_divergence": "kde_js",
    "cumulative_kde": "kde_cumulative_js",
    "relevance_cumulative_kde": "kde_relevance_cumulative_js",
}
"""This program's function for each `distribution_matching` of align-system's oracle."""


def scenario_of(given: Mapping[str, Any]) -> Scenario:
    """The scenario of a case; a label that is null labels nothing."""
    pairs = zip(given["choices"], given["labels"], strict=True)
    choices = tuple(
        Choice(text, {name: float(value) for name, value in (labels or {}).items()})
        for text, labels in pairs
    )
    return Scenario("golden", "?", choices)


def targets_of(given: Any) -> Targets:
    """Targets from {attribute: number or distribution} or from a list of {kdma, value}."""
    pairs = (
        [(each["kdma"], each["value"]) for each in given]
        if isinstance(given, list)
        else list(given.items())
    )
    return tuple(
        Target(name, kde_of(value) if isinstance(value, dict) else float(value))
        for name, value in pairs
    )


def params_of(function: str, **changes: Any) -> AlignmentParams:
    """The parameters of a function, with exact ties if it has them."""
    kind = OURS[function]
    if "exact_ties" in kind.model_fields:
        changes = {"exact_ties": True, **changes}
    return kind(function=function, **changes)


def ranked(given: Mapping[str, Any]) -> Ranking:
    """The oracle's ranking of a case; an error if it ranks nothing."""
    function = FUNCTIONS[given["options"]["distribution_matching"]]
    ranking = rank_labels(
        params_of(function, misaligned=given["misaligned"]),
        scenario_of(given),
        targets_of(given["targets"]),
        0,
        history=given.get("history"),
    )
    if ranking is None:
        raise ValueError("the oracle ranks nothing")
    return ranking


def check_ranking(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The tied best choices, and the labels of the chosen one as the history gets them."""
    names: Sequence[str] = given["choices"]
    ranking = ranked(given)
    rated = label_predictions(scenario_of(given))[ranking.taken]
    added = {
        name: values[-1] for name, values in expected.get("history_after", {}).items() if values
    }
    # -1 stands for an attribute that is not labelled.
    ours = {name: rated[name].mean if name in rated else -1.0 for name in added}
    return [
        *sets_differ("best", expected["tied_best"], [names[i] for i in ranking.best]),
        *numbers_differ("added to the history", added, ours),
    ]


def check_js(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Jensen-Shannon with ordinary targets fails there; ours ranks.

    A choice has one label, so that the cumulative function without history must rank alike.
    """
    plain = ranked(given)
    options = {"distribution_matching": "cumulative_kde"}
    cumulative = ranked({**given, "options": options})
    return values_differ("scores", cumulative.scores, plain.scores)


def check_default(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Without options the oracle refuses numbers there; ours takes the nearest label."""
    made = decided(scenario_of(given), _target_tables(given["targets"]))
    nearest = ranked({**given, "options": {"distribution_matching": "average"}})
    ranking = made.ranking
    if ranking is None:
        return ["the oracle ranks nothing"]
    best = set(ranking.best) >= set(nearest.best)
    return [
        *values_differ("function", "average_distance", ranking.function),
        *([] if best else [f"best: expected at least {nearest.best}, ours {ranking.best}"]),
        *([] if made.choice in ranking.best else ["the taken choice is not among the best"]),
    ]


def decided(scenario: Scenario, targets: Sequence[Mapping[str, Json]]) -> Decision:
    """The decision of an oracle with its default function."""
    body = {"name": "golden", "adm": {"kind": "oracle"}, "target": list(targets)}
    profile = Profile.model_validate(body)
    adm = make_adm(profile, load_attributes())

    async def once() -> Decision:
        return await adm(scenario, profile.target, ScriptedModel([]))

    return asyncio.run(once())


def _target_tables(given: Any) -> list[dict[str, Json]]:
    return target_tables(targets_of(given))


def check_refusal(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """What is an error there: ours says what it does instead, or refuses the profile.

    A choice without the label is left out with a note, and where nothing is labelled the first is
    taken and the reasoning says so. Readers refuse a record without choices.
    """
    what = given.get("what")
    if what == "no_target":
        return no_target_differs("average_distance")
    if what == "no_actions":
        text = '[{"input": {"scenario_id": "s", "state": "?", "choices": []}}]'
        return refusal_differs(lambda: scenarios_of_text(text, "golden", load_attributes()))
    scenario = scenario_of(given)
    try:
        made = decided(scenario, _target_tables(given["targets"]))
    except AlignError as error:
        return [] if error.message else ["the error has no message"]
    wanted = {target.attribute for target in targets_of(given["targets"])}
    labelled = [wanted <= set(choice.labels) for choice in scenario.choices]
    if not any(labelled):
        told = "No choice is labelled" in made.reasoning
        return [
            *values_differ("choice", 0, made.choice),
            *([] if told else [f"the reasoning does not say so: {made.reasoning}"]),
        ]
    taken = made.choice
    differs = [] if taken is not None and labelled[taken] else ["an unlabelled choice is taken"]
    if not all(labelled) and not any("not labelled" in note for note in made.notes):
        differs.append("no note says that a choice is left out")
    return differs


def check_steps(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The labels as predictions, and the relevance of attributes in the scenario.

    A choice whose label is null has no entry there, and no prediction here.
    """
    scenario = scenario_of(given)
    rated = label_predictions(scenario)
    names: Sequence[str] = given["choices"]
    ours = {
        name: {attribute: each.mean for attribute, each in row.items()}
        for name, row, label in zip(names, rated, given["labels"], strict=True)
        if label is not None
    }
    relevance = relevance_in_scenario(scenario, given["target_attributes"]).by_choice[0]
    return [
        *values_differ("predictions", expected["scores"], ours),
        *numbers_differ("relevance", expected["relevance"], relevance),
    ]


def check_phase2(*, weighs: bool) -> Check:
    """A check of the oracle with the medical-urgency midpoint, with relevance or without."""

    def checked(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
        ranking = rank_labels(
            params_of("medical_urgency_midpoint"),
            scenario_of(given),
            targets_of(given["targets"]),
            0,
            weighs=weighs,
        )
        if ranking is None:
            return ["the oracle ranks nothing"]
        votes: Any = ranking.details["votes"]
        ours = {"0": votes["more_urgent"], "1": votes["less_urgent"]}
        return [
            *values_differ("choice", expected["choice"], given["choices"][ranking.taken]),
            *numbers_differ("votes", expected["votes"], ours),
        ]

    return checked


KINDS: Mapping[str, Check] = {
    "kde_cumulative_kde": check_ranking,
    "kde_js_divergence": check_js,
    "kde_max_likelihood": check_ranking,
    "phase2_pipeline": check_phase2(weighs=False),
    "phase2_pipeline_with_relevance": check_phase2(weighs=True),
    "pipeline_steps": check_steps,
    "refusals": check_refusal,
    "relevance_kde": check_ranking,
    "relevance_scalar": check_ranking,
    "scalar_average": check_ranking,
    "scalar_running_average": check_ranking,
    "scalar_with_default_options": check_default,
}
