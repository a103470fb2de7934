"""scoring_direct: align-system's direct regression, one person at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from align_tui.adms.rating.direct import DirectOptions, rate_one_by_one
from align_tui.config.prompts.rating import RatingPrompts
from align_tui.core.attributes import Attributes, ScoreRange
from align_tui.core.errors import AlignError
from align_tui.core.people import between
from align_tui.core.predictions import Predictions
from align_tui.core.scenarios import Character, Choice, Scenario

from ..families import Check
from ..families.compare import values_differ
from ..rating_script import ScriptedLlm
from .rating_cases import attribute, decided, reasons_differ, run, scores_differ

NAMES = ("medical", "merit", "affiliation", "search", "personal_safety")
"""The attributes that the reference has templates for; a case names another to be refused."""
TOP = 100  # of every schema, whatever the factor is


def _known(given: Mapping[str, Any]) -> Attributes:
    changes = given["template_changes"]
    return Attributes(
        {
            name: attribute(
                name,
                factor=int(changes.get(name, {}).get("factor", TOP)),
                valid_scores=ScoreRange(0, TOP),
            )
            for name in NAMES
        }
    )


def _scenario(given: Mapping[str, Any]) -> Scenario:
    people = tuple(Character(each["id"], "", each["unstructured"]) for each in given["characters"])
    choices = tuple(
        Choice(text, character=action.get("character_id") or "")
        for text, action in zip(given["choices"], given["actions"], strict=True)
    )
    return Scenario("case", "A situation.", choices, characters=people)


def _defaults(given: Mapping[str, Any]) -> dict[str, float]:
    changes = given["template_changes"]
    key = "missing_character_default_value"
    return {name: float(each[key]) for name, each in changes.items() if key in each}


def check(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of `DirectRegressionADMComponent`.

    A choice that is not asked about has no reason here, where align-system has a text instead of a
    list. An action whose character is null concerns nobody here, and is an error there.
    """
    calls: Sequence[Mapping[str, Any]] = given["engine_calls_in_order"]
    answers = [answer for call in calls for answer in call["answers"]]
    samples = given["samples"]
    spare = {"reasoning": "r", "score": 50}  # for cases in which align-system asks nothing
    llm = ScriptedLlm(lambda r: answers[r.stream] if r.stream < len(answers) else spare)
    try:
        predictions = _decide(given, llm)
    except AlignError as error:
        return [] if "error" in expected else [f"{type(error).__name__}: {error}"]
    choices = given["choices"]
    if any(action.get("character_id", "") is None for action in given["actions"]):
        nobody = {choice: {"merit": [0.0] * samples} for choice in choices}
        return [
            *scores_differ(choices, predictions, nobody),
            *values_differ("requests", 0, len(llm.asked)),
        ]
    if "error" in expected:
        return [f"expected an error ({expected['error']}), and there was none"]
    if given["actions_are_plain_dictionaries"]:
        return _all_scored(given, predictions)
    return [
        *scores_differ(choices, predictions, expected["scores"]),
        *reasons_differ(choices, predictions, expected["reasonings"]),
        *values_differ("requests", expected["engine_calls"] * samples, len(llm.asked)),
        *_fixed_differ(choices, predictions, expected),
        *_calls_differ(calls, llm, samples),
    ]


def _decide(given: Mapping[str, Any], llm: ScriptedLlm) -> Predictions:
    defaults = _defaults(given)
    known, scenario = _known(given), _scenario(given)
    if all(0.0 <= value <= 1.0 for value in defaults.values()):
        table = {
            "kind": "direct_regression",
            "samples": given["samples"],
            "attributes": given["attribute_override"] or ["*"],
            "defaults": defaults,
        }
        targets = [{"attribute": name, "value": 0.5} for name in given["target_attributes"]]
        return decided(llm, scenario, table, targets, known).predictions or ()
    # A profile refuses a default that is no rating; the rater itself takes any number.
    rated = [(known.known[name], ()) for name in given["target_attributes"]]
    options = DirectOptions(samples=given["samples"], defaults=defaults)
    prompts = RatingPrompts("case")
    return run(rate_one_by_one(llm, scenario, rated, prompts, options)).predictions


def _fixed_differ(
    choices: Sequence[str], predictions: Predictions, expected: Mapping[str, Any]
) -> list[str]:
    """Where a text stands for the reasons there, there are none here; elsewhere there are."""
    return [
        difference
        for choice, row in zip(choices, predictions, strict=True)
        for name, kind in expected["reasoning_kind"].get(choice, {}).items()
        for difference in values_differ(
            f"reasons of {choice!r}, {name}", kind == "per_sample", bool(row[name].reasons)
        )
    ]


def _calls_differ(calls: Sequence[Mapping[str, Any]], llm: ScriptedLlm, samples: int) -> list[str]:
    """Each request is about the attribute and the person of its call, and about no other."""
    asked = sorted(llm.asked, key=lambda request: request.stream)
    differs = []
    for number, request in enumerate(asked):
        call = calls[number // samples]
        name, person = call["system"].removeprefix("sys "), call["prompt"].removeprefix("C:")
        others = {c["prompt"].removeprefix("C:") for c in calls} - {person}
        differs += values_differ("attribute", True, f"<{name}>" in request.system)
        differs += values_differ("person", True, person in request.user)
        differs += values_differ("others", [], [each for each in others if each in request.user])
    return differs


def _all_scored(given: Mapping[str, Any], predictions: Predictions) -> list[str]:
    """Actions that are plain dictionaries are scored as others are; align-system scores none."""
    names = [*(given["attribute_override"] or ["*"])]
    rated = {n for name in names for n in (given["target_attributes"] if name == "*" else [name])}
    return values_differ(
        "rated attributes", [sorted(rated)] * len(predictions), [sorted(row) for row in predictions]
    )


def check_situation(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of a case of `DirectRegressionPersonalSafetyTemplate`.

    align-system takes the threat for a pattern, and finds no situation that has several lines.
    There the situation must be the part of the text between the two; there must be none if one of
    them is not in the text.
    """
    text, threat, person = (given[f"{part}_text"] for part in ("full", "threat", "character"))
    found = between(text, threat, person)
    differs = _line_differs(given, person)
    known = expected.get("situation_part")
    if known is not None:
        return differs + values_differ("situation", known, found)
    if found is None:
        begin = text.find(threat)
        stands = begin >= 0 and person in text[begin + len(threat) :]
        return differs + values_differ("the situation is there", False, stands)
    rest = text.partition(threat)[2]
    inside = rest.partition(person)[0]
    return differs + values_differ("situation", inside.split(), found.split())


def _line_differs(given: Mapping[str, Any], person: str) -> list[str]:
    """The request for personal safety ends with the person."""
    scenario = Scenario(
        "case",
        given["full_text"],
        (Choice("Help", character="p"), Choice("Wait")),
        characters=(Character("p", "Somebody", person),),
    )
    llm = ScriptedLlm(lambda request: {"reasoning": "r", "score": 5})
    known = Attributes({"personal_safety": attribute("personal_safety")})
    decided(
        llm,
        scenario,
        {"kind": "direct_regression"},
        [{"attribute": "personal_safety", "value": 0.5}],
        known,
    )
    last = llm.asked[0].user.splitlines()[-1]
    return values_differ("last line", f"- Somebody: {' '.join(person.split())}", last)


KINDS: Mapping[str, Check] = {
    **dict.fromkeys(
        (
            "two_characters",
            "search_or_stay",
            "wait_or_help",
            "factor",
            "default_value",
            "character_is_null",
            "plain_dictionaries",
            "refusals",
        ),
        check,
    ),
    "personal_safety_text": check_situation,
}
