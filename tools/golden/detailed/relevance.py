"""relevance: align-system's three components that say which attribute matters.

By similarity, align-system lets an attribute without examples win if it is listed first; here such
an attribute has relevance 0. A number in place of a list of samples is refused there and has no
place here. Both predictors are run whole, with a scripted model.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any

from align_tui.adms.relevance.base import FoundRelevance
from align_tui.adms.relevance.predict import relevance_of
from align_tui.config.profile import Profile
from align_tui.core.alignment.ratings import mean
from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.errors import AlignError
from align_tui.core.relevance import binarised, mean_over_choices
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import Target

from ..families import Check
from ..families.compare import numbers_differ, values_differ
from .scripted import ScriptedModel

SCENARIO = Scenario("s", "A situation.", (Choice("Go"), Choice("Stay")))


def _predicted(
    table: Mapping[str, Any],
    names: list[str],
    llm: ScriptedModel,
    display: Mapping[str, str] | None = None,
) -> FoundRelevance:
    shown = display if display is not None else {name: name for name in names}
    known = {name: Attribute(name, text, text, text, text) for name, text in shown.items()}
    profile = Profile.model_validate(
        {
            "name": "p",
            "adm": {"kind": "oracle"},
            "relevance": table,
            "models": {
                "relevance": {"kind": "transformers", "model": "a/b"},
                "embedding": {"kind": "transformers", "model": "a/b"},
            },
        }
    )
    targets = tuple(Target(name, 0.5) for name in names)
    made = relevance_of(SCENARIO, targets, llm, profile=profile, attributes=Attributes(known))
    return asyncio.run(made)


def _differ(expected: Mapping[str, Any], found: FoundRelevance) -> list[str]:
    """Every choice has the mean of the expected samples; samples are 0 or 1 there."""
    wanted = {name: mean(samples) for name, samples in expected["relevance"].items()}
    return [
        difference
        for each in found.relevance.by_choice
        for difference in numbers_differ("relevance", wanted, dict(each))
    ]


def check_named(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A model names the attribute that matters most."""
    names = given["attributes"]
    llm = ScriptedModel([{"most_relevant": answer} for answer in given["answers"]])
    table = {"kind": "most_relevant", "samples": given["samples"]}
    found = _predicted(table, names, llm, given["display_names"])
    allowed = None
    if llm.schemas:
        allowed = llm.schemas[0]["properties"]["most_relevant"]["enum"]  # type: ignore[index,call-overload]
    return (
        _differ(expected, found)
        + values_differ("replies", sum(expected["prompts_in_call"]), len(llm.schemas))
        + values_differ("replies kept", len(llm.schemas), len(found.responses))
        + values_differ("names", expected["allowed_names"], allowed)
    )


def check_named_edge(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Without a target nothing is asked here; an attribute that nothing defines is refused."""
    llm = ScriptedModel([{"most_relevant": "order"}])
    if given["what"] == "no_target":
        return _differ(expected, _predicted({"kind": "most_relevant"}, [], llm)) + values_differ(
            "replies", 0, len(llm.schemas)
        )
    if given["what"] == "unknown_attribute":
        return _refused({"kind": "most_relevant"}, ["order", "courage"], llm, {"order": "order"})
    return [f"unknown edge {given['what']!r}"]


def _refused(
    table: Mapping[str, Any], names: list[str], llm: ScriptedModel, display: Mapping[str, str]
) -> list[str]:
    try:
        _predicted(table, names, llm, display)
    except AlignError:
        return []
    return ["it was not refused"]


def _by_similarity(
    names: list[str], similarities: Mapping[str, list[float]]
) -> tuple[FoundRelevance, ScriptedModel]:
    """Our predictor with vectors whose cosines with the scenario's are the given similarities."""
    texts = {
        name: [f"{name} {number}" for number in range(len(found))]
        for name, found in similarities.items()
    }
    cosines = {
        text: similarities[name][number]
        for name, each in texts.items()
        for number, text in enumerate(each)
    }

    def vector(text: str) -> tuple[float, ...]:
        along = cosines.get(text, 1.0)
        return (along, math.sqrt(max(0.0, 1.0 - along * along)))

    llm = ScriptedModel(vector=vector)
    return _predicted({"kind": "similarity", "examples": texts}, names, llm), llm


def check_similarity(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The attribute whose examples are most similar."""
    names = given["attributes"]
    found, llm = _by_similarity(names, given["similarities_to_examples"])
    compared = [name for name in names if any(text.startswith(name) for text in llm.embedded)]
    return _differ(expected, found) + values_differ(
        "attributes compared", expected["similarity_calls"], len(compared)
    )


def check_similarity_edge(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Attributes without examples never win beside one that has some."""
    order, thrift = ["order", "thrift"], ["thrift", "order"]
    match given["what"]:
        case "no_examples_one_attribute":
            return _differ(expected, _by_similarity(["order"], {"order": []})[0])
        case "attribute_without_examples":
            return _differ(expected, _by_similarity(order, {"order": [0.8], "thrift": []})[0])
        case "first_attribute_without_examples":
            found = _by_similarity(thrift, {"order": [0.8], "thrift": []})[0]
            corrected = {"relevance": {"thrift": [0], "order": [1]}}
            said = [] if any("thrift" in note for note in found.notes) else ["no note says so"]
            return _differ(corrected, found) + said
        case "attribute_not_among_examples":
            table = {"kind": "similarity", "examples": {"order": ["text"]}}
            llm = ScriptedModel(vector=lambda text: (1.0,))
            return _refused(table, order, llm, dict.fromkeys(order, "x"))
    return [f"unknown edge {given['what']!r}"]


def _means(given: Mapping[str, Any]) -> list[dict[str, float]]:
    return [
        {name: mean(samples) for name, samples in by_attribute.items()}
        for by_attribute in given["relevance_per_choice"].values()
    ]


def check_averaged(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The mean over choices."""
    return numbers_differ("mean", expected["probe_relevance"], mean_over_choices(_means(given)))


def check_binarised(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """1 for the attributes with the greatest mean, to the last bit."""
    means = mean_over_choices(_means(given))
    ours = binarised(means, exact=True)
    differs = numbers_differ("relevance", expected["probe_relevance"], ours)
    if "averaged" in expected:
        differs += numbers_differ("mean", expected["averaged"], means)
        near = binarised(means)
        differs += values_differ("set by rounding alone", {1.0}, set(near.values()))
    if "attributes_set_to_one" in expected:
        ones = sorted(name for name, value in ours.items() if value == 1.0)
        differs += values_differ("set to 1", sorted(expected["attributes_set_to_one"]), ones)
    return differs


def check_edge(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Nothing to combine; and numbers in place of lists, which are no relevance here either."""
    try:
        return check_binarised(given, expected)
    except TypeError:
        return [] if "error" in expected else ["it was refused"]


KINDS: Mapping[str, Check] = {
    "choices_to_probe_averaged": check_averaged,
    "choices_to_probe_binarised": check_binarised,
    "equal_up_to_last_digit": check_binarised,
    "edge": check_edge,
    "named_by_model": check_named,
    "named_by_model_edge": check_named_edge,
    "by_similarity": check_similarity,
    "by_similarity_edge": check_similarity_edge,
}
