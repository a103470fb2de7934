"""kaleido: align-system's Kaleido component and library.

Its order of choices (by the alphabet) is not ours: choices keep the scenario's order here. A
partial table of thresholds is read here and refused there, and batches are never empty here. Such
a case is met when ours does what its documentation says.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch

from align_tui.adms.kaleido import KaleidoParams, Rated, rate_choices
from align_tui.backbones.seq2seq import passes
from align_tui.backbones.seq2seq.batches import Room, batch_sizes
from align_tui.core.alignment import average_distance, kaleido_distance
from align_tui.core.alignment.registry import FUNCTIONS
from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.errors import AlignError
from align_tui.core.kaleido import (
    RatedStatement,
    candidate_of,
    estimate,
    kind_of,
    merge_by_vectors,
    merge_by_words,
    overall_valence,
    relevant,
)
from align_tui.core.predictions import Prediction, Relevance
from align_tui.core.relevance import binarised, mean_over_choices
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.statements import Statement, StatementKind, StatementRating
from align_tui.core.targets import Target, Targets

from ..families import Check
from ..families.compare import numbers_differ, sets_differ, values_differ
from .scripted import ScriptedModel

NEAR = 1e-6  # align-system computes in float32
RELEVANCE_WEIGHTED = "relevance_average_distance"


def _attributes(names: Sequence[str]) -> Attributes:
    return Attributes({name: Attribute(name, name, name, name, name) for name in names})


def _params(kinds: Mapping[str, str | None]) -> KaleidoParams:
    statements = {name: {"kind": kind_of(kind)} for name, kind in kinds.items() if kind}
    return KaleidoParams.model_validate(
        {"kind": "kaleido", "action": "{choice}", "statements": statements}
    )


def _scenario(choices: Sequence[str]) -> Scenario:
    return Scenario("s", "A situation.", tuple(Choice(text) for text in choices))


def _run(
    choices: Sequence[str],
    answers: Mapping[str, Any],
    targets: Targets,
    kinds: Mapping[str, str | None],
    known: Sequence[str],
) -> tuple[Rated, ScriptedModel]:
    """Our decision-maker's ratings, with the model's answers by choice and attribute."""

    def rate(action: str, statement: Statement) -> tuple[StatementRating, str]:
        said = answers[action][statement.text]
        rating = StatementRating(said["relevance"][0], *said["valence"])
        return rating, str(said["explanation"])

    llm = ScriptedModel(rate=rate)
    made = rate_choices(_scenario(choices), targets, llm, _params(kinds), _attributes(known))
    return asyncio.run(made), llm


def _differ_by_choice(
    what: str, expected: Mapping[str, Any], choices: Sequence[str], ours: Sequence[Any]
) -> list[str]:
    """Compare {choice: {attribute: [number, ...]}} with ours, by choice and attribute.

    align-system lists choices of equal text as one, with a sample each; ours keep one each.
    """
    found: list[str] = []
    for choice, mine in zip(choices, ours, strict=True):
        first = {name: values[0] for name, values in expected[choice].items()}
        if any(value != values[0] for values in expected[choice].values() for value in values):
            found.append(f"{what} of {choice!r}: the samples differ")
        found += numbers_differ(f"{what} of {choice!r}", first, mine, relative=NEAR, absolute=NEAR)
    return found


def check_component(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The component's scores, relevance and reasons, and what alignment functions make of them."""
    choices, answers = given["choices"], given["answers"]
    names = given.get("attributes") or list(next(iter(answers.values())))
    aims = given.get("targets", dict.fromkeys(names, 0.5))
    targets = tuple(Target(name, float(aims[name])) for name in names)
    rated, llm = _run(choices, answers, targets, given.get("kind_of_value", {}), names)
    scores = [{name: each.mean for name, each in by.items()} for by in rated.predictions]
    relevance = list(rated.relevance.by_choice)
    differs = _differ_by_choice("score", expected["scores"], choices, scores)
    differs += _differ_by_choice("relevance", expected["relevance_per_choice"], choices, relevance)
    for choice, by_attribute in zip(choices, rated.predictions, strict=True):
        ours = {name: list(each.reasons) for name, each in by_attribute.items()}
        differs += values_differ("reasons", expected["reasonings"][choice], ours)
    if "kind_of_value_asked" in expected:
        asked = {name: [] for name in names}  # type: dict[str, list[str]]
        for statement in llm.rated:
            asked[statement.text].append(statement.kind.capitalize())
        kinds = {name: sorted(set(values)) for name, values in asked.items()}
        differs += values_differ("kinds", expected["kind_of_value_asked"], kinds)
    if "average_distance_tied_best" in expected:
        differs += _differ_when_ranked(expected, choices, rated, targets)
    return differs


def _differ_when_ranked(
    expected: Mapping[str, Any], choices: Sequence[str], rated: Rated, targets: Targets
) -> list[str]:
    means = mean_over_choices(rated.relevance.by_choice)
    ones = binarised(means, exact=True)
    differs = numbers_differ(
        "averaged", expected["probe_relevance_averaged"], means, relative=NEAR, absolute=NEAR
    )
    differs += numbers_differ("binarised", expected["probe_relevance_binarised"], ones)
    plain = average_distance.rank(rated.predictions, targets, None, {}, 0, exact_ties=True)
    differs += sets_differ(
        "best by average distance",
        expected["average_distance_tied_best"],
        [choices[index] for index in plain.best],
    )
    weighted = FUNCTIONS.get(RELEVANCE_WEIGHTED).load()(
        rated.predictions, targets, rated.relevance, {}, 0
    )
    differs += sets_differ(
        "best by relevance",
        expected["relevance_weighted_tied_best"],
        [choices[index] for index in weighted.best],
    )
    return differs


def check_edge(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Without targets nothing is rated; an attribute that nothing defines is refused."""
    known = {"merit": {"relevance": [0.5, 0.5], "valence": [0.3, 0.3, 0.4], "explanation": "e"}}
    answers = {"A": known, "B": known}
    if given["what"] == "no_target":
        rated, llm = _run(["A", "B"], answers, (), {}, ["merit"])
        empty: list[Any] = [{}, {}, {}]
        ours = [
            {name: each.mean for by in rated.predictions for name, each in by.items()},
            {name: each for by in rated.relevance.by_choice for name, each in by.items()},
            {name: each.reasons for by in rated.predictions for name, each in by.items()},
        ]
        asked = values_differ("statements asked", [], llm.rated)
        return (
            values_differ("result", expected["result"], ours)
            + asked
            + values_differ("result", empty, ours)
        )
    if given["what"] == "unknown_attribute":
        try:
            _run(["A", "B"], answers, (Target("courage", 0.5),), {}, ["merit"])
        except AlignError:
            return []
        return ["an attribute without a definition was rated"]
    return [f"unknown edge {given['what']!r}"]


def check_estimate(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The estimate from a valence."""
    ours = estimate(StatementRating(1.0, given["supports"], given["opposes"], given["either"]))
    wanted = {"score": expected["score_0_to_1"], "of ten": expected["estimate_0_to_10"]}
    return numbers_differ("estimate", wanted, {"score": ours, "of ten": 10 * ours})


def check_renormalised(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Probabilities of a few tokens from logits, and the sizes of batches (none is empty)."""
    logits = torch.tensor(given["logits_of_last_step"], dtype=torch.float32)
    ours = [passes.probabilities(row, given["token_positions"]) for row in logits]
    expected_rows = expected["probabilities"]
    if given["single"]:  # one text that is no list gets one row that is in no list
        expected_rows = [expected_rows]
    differs = values_differ("texts", len(expected_rows), len(ours))
    for place, (wanted, found) in enumerate(zip(expected_rows, ours, strict=False)):
        for token, (a, b) in enumerate(zip(wanted, found, strict=True)):
            if not math.isclose(a, b, rel_tol=NEAR, abs_tol=NEAR):
                differs.append(f"probability {token} of text {place}: expected {a!r}, ours {b!r}")
    sizes = batch_sizes([7] * len(ours), Room(given["batch_size"], 10**9))
    full = [size for size in expected["batch_sizes"] if size]
    return differs + values_differ("batches", full, sizes)


def check_kind_word(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Which kind of statement a word names."""
    try:
        ours = kind_of(given["text"]).capitalize()
    except ValueError:
        return [] if "error" in expected else [f"{given['text']!r} was refused"]
    return values_differ("kind", expected.get("kind"), ours)


def check_candidate(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A statement that the model wrote."""
    try:
        word, text = candidate_of(given["text"])
    except ValueError:
        return [] if "error" in expected else [f"{given['text']!r} was refused"]
    return values_differ("kind", expected.get("vrd"), word) + values_differ(
        "text", expected.get("text"), text
    )


def _rows(given: Mapping[str, Any]) -> list[RatedStatement]:
    return [
        RatedStatement(
            Statement(kind_of(row["vrd"]), row["text"]),
            StatementRating(row["relevant"], 0.0, 0.0, 1.0),
        )
        for row in given["rows"]
    ]


def _by_kind(threshold: Any) -> Any:
    """A threshold with our names of kinds; a name that is none stays."""
    ours: dict[str, StatementKind] = {"Value": "value", "Right": "right", "Duty": "duty"}
    if not isinstance(threshold, Mapping):
        return threshold
    return {ours.get(name, name): value for name, value in threshold.items()}


def _ids(given: Mapping[str, Any], kept: Sequence[int]) -> list[Any]:
    return [given["rows"][index]["id"] for index in kept]


def check_threshold(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Which statements are relevant enough."""
    try:
        kept = relevant(
            _rows(given), _by_kind(given["threshold"]), _by_kind(given["model_thresholds"])
        )
    except ValueError:
        return [] if "error" in expected else ["the thresholds were refused"]
    return values_differ("kept", expected.get("kept_ids"), _ids(given, kept))


def check_words(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Which statements stay after merging by shared words.

    align-system raises an error for a partial table. Here a measure that the table leaves out does
    not count, which is the same as a threshold of 1 for it.
    """
    options = {"across_kinds": given["across_kinds"], "measure": given["measure"]}
    threshold = given["threshold"]
    ours = _ids(given, merge_by_words(_rows(given), threshold, **options))
    if "error" not in expected:
        return values_differ("kept", expected["kept_ids_most_relevant_first"], ours)
    if not isinstance(threshold, Mapping):
        return [f"align-system refuses {threshold!r}, and ours does not"]
    named = {"fmeasure" if name == "f1" else name: each for name, each in threshold.items()}
    whole = {"fmeasure": 1.0, "precision": 1.0, "recall": 1.0} | named
    full = _ids(given, merge_by_words(_rows(given), whole, **options))
    order = {row["id"]: row["relevant"] for row in given["rows"]}
    falling = all(order[a] >= order[b] for a, b in pairwise(ours))
    return values_differ("kept", full, ours) + ([] if falling and ours else ["not in order"])


def check_vectors(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Which statements stay after merging by their vectors."""
    kept = merge_by_vectors(
        _rows(given),
        [row["embedding"] for row in given["rows"]],
        _by_kind(given["threshold"]),
        across_kinds=given["across_kinds"],
    )
    return values_differ("kept", expected["kept_ids_most_relevant_first"], _ids(given, kept))


def check_overall(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The valence of an action over all its statements."""
    ratings = [
        StatementRating(row["relevant"], row["supports"], row["opposes"], row["either"])
        for row in given["rows"]
    ]
    ours = dict(zip(("supports", "opposes", "either"), overall_valence(ratings), strict=True))
    return numbers_differ("valence", expected, ours, relative=NEAR, absolute=NEAR)


def _distance_check(weighting: kaleido_distance.Weighting) -> Check:
    def check(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
        choices = list(dict.fromkeys(row["choice"] for row in given["rows"]))
        scores: dict[str, dict[str, Prediction]] = {choice: {} for choice in choices}
        weights: dict[str, dict[str, float]] = {choice: {} for choice in choices}
        for row in given["rows"]:
            value = Prediction((row["estimated_kdma_value"] / 10,))
            scores[row["choice"]][row["KDMA"]] = value
            weights[row["choice"]][row["KDMA"]] = row["relevant"]
        ranking = kaleido_distance.rank(
            tuple(scores[choice] for choice in choices),
            tuple(Target(name, each / 10) for name, each in given["targets_0_to_10"].items()),
            Relevance(tuple(weights[choice] for choice in choices)),
            {},
            0,
            weighting=weighting,
        )
        distances: Any = ranking.details["distances"]
        ours = {choice: 10 * each for choice, each in zip(choices, distances, strict=True)}
        return numbers_differ("distance", expected["distance"], ours) + values_differ(
            "choice", expected["choice"], choices[ranking.taken]
        )

    return check


KINDS: Mapping[str, Check] = {
    "component": check_component,
    "single_attribute": check_component,
    "repeated_choice": check_component,
    "edge": check_edge,
    "estimate": check_estimate,
    "renormalised_relevance": check_renormalised,
    "renormalised_valence": check_renormalised,
    "kind_of_value_word": check_kind_word,
    "candidate_text": check_candidate,
    "relevance_threshold": check_threshold,
    "merge_by_word_overlap": check_words,
    "merge_by_embedding": check_vectors,
    "overall_valence": check_overall,
    "removed_distance_divided_by_relevance": _distance_check("divided"),
    "removed_distance_times_relevance_over_count": _distance_check("count"),
    "removed_distance_times_relevance_over_relevance_sum": _distance_check("relevance"),
}
