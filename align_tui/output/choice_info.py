"""What an align-system record has a place for: `choice_info`, and the values of a target.

The names and forms are those of align-system's component PopulateChoiceInfo and of its pipeline
(commit 6d59f0d).
"""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.decisions import Step, UsedExample
from align_tui.core.predictions import Relevance
from align_tui.core.relevance import from_labels
from align_tui.core.scenarios import Scenario
from align_tui.core.targets import Distribution, RandomEffects, Target, Targets
from align_tui.core.types import Json, JsonObject
from align_tui.output.example_responses import response_json
from align_tui.store.basis import Basis
from align_tui.store.results import Result


def choice_info(
    scenario: Scenario, texts: Sequence[str], result: Result, basis: Basis
) -> dict[str, Json]:
    """The `choice_info` of one decision; `texts` are the record's own texts of the choices.

    `predicted_kdma_values` has the samples (0..1) by choice and attribute, `predicted_relevance`
    the relevance by attribute (by choice and attribute where it differs between choices),
    `true_kdma_values` the labels (0..1) by choice, `true_relevance` 1 for each attribute of the
    relevance that a choice has a label of, else 0, `alignment_info` the ranking with scores by the
    index of the choice, `icl_example_responses` the examples of the prompt by attribute, and
    `per_step_timing_stats` the steps in seconds. A part that the decision does not have is left
    out.
    """
    info: dict[str, Json] = {}
    if result.probabilities:
        info["predicted_probabilities"] = list(result.probabilities)
    if basis.predictions:
        info["predicted_kdma_values"] = {
            text: {name: list(one.samples) for name, one in predicted.items()}
            for text, predicted in zip(texts, basis.predictions, strict=False)
        }
    labels = zip(texts, scenario.choices, strict=True)
    true: JsonObject = {text: dict(choice.labels) for text, choice in labels if choice.labels}
    if true:
        info["true_kdma_values"] = true
    if basis.relevance is not None and basis.relevance.by_choice:
        info["predicted_relevance"] = _relevance(basis.relevance, texts)
        if true:
            info["true_relevance"] = _true_relevance(scenario, basis.relevance)
    if basis.ranking is not None:
        info["alignment_info"] = _alignment(basis.ranking)
    if basis.examples:
        info["icl_example_responses"] = _examples(basis.examples)
    if basis.steps:
        info["per_step_timing_stats"] = [
            _step(number, step) for number, step in enumerate(basis.steps)
        ]
    return info


def _relevance(relevance: Relevance, texts: Sequence[str]) -> JsonObject:
    first, *others = relevance.by_choice
    if all(dict(row) == dict(first) for row in others):
        return dict(first)
    return {text: dict(row) for text, row in zip(texts, relevance.by_choice, strict=False)}


def _true_relevance(scenario: Scenario, relevance: Relevance) -> JsonObject:
    """By attribute; align-system reads the last labelled choice alone, and this all of them."""
    names = dict.fromkeys(name for row in relevance.by_choice for name in row)
    return {name: int(value) for name, value in from_labels(scenario, tuple(names)).items()}


def _alignment(ranking: Ranking) -> JsonObject:
    """The ranking with what its function computed; align-system's names where it has them."""
    info: dict[str, Json] = {
        **ranking.details,
        "source": ranking.function,
        "parameters": dict(ranking.parameters),
        "measure": ranking.measure,
        "scores": {str(index): score for index, score in enumerate(ranking.scores)},
        "best": list(ranking.best),
        "tie_break": ranking.tie_break,
    }
    votes = info.get("votes")
    if isinstance(votes, list):  # align-utils reads votes by the index of the choice
        info["votes"] = {str(index): vote for index, vote in enumerate(votes)}
    if ranking.sample is not None:
        info["best_sample_idx"] = ranking.sample
    if ranking.notes:
        info["notes"] = list(ranking.notes)
    return info


def _examples(examples: Sequence[UsedExample]) -> JsonObject:
    found: dict[str, list[JsonObject]] = {}
    for each in examples:
        one = {
            "example": each.example,
            "similarity_score": each.similarity,
            "prompt": each.prompt,
            "response": response_json(each.response),
        }
        found.setdefault(each.attribute, []).append(one)
    return found


def _step(number: int, step: Step) -> JsonObject:
    return {"step": step.name, "step_num": number, "elapsed_s": step.seconds}


def kdma_values(targets: Targets) -> list[JsonObject]:
    """The targets as `kdma_values`; a distribution has its samples beside its mean as the value.

    Random-effects parameters are a list of names and values, as in align-system's own targets.
    """
    return [_kdma(target) for target in targets]


def _kdma(target: Target) -> JsonObject:
    body: dict[str, Json] = {"kdma": target.attribute}
    if target.point is not None:
        body["value"] = target.point
    if isinstance(target.value, Distribution):
        body["distribution"] = {
            "name": target.value.name,
            "samples": list(target.value.samples),
            "bandwidth": target.value.bandwidth,
            **_kernel(target.value),
        }
    if isinstance(target.value, RandomEffects):
        body["parameters"] = [
            {"name": name, "value": value} for name, value in target.value.parameters.items()
        ]
    if target.weight != 1.0:
        body["weight"] = target.weight
    return body


def _kernel(distribution: Distribution) -> JsonObject:
    return {} if distribution.kernel == "gaussian" else {"kernel": distribution.kernel}
