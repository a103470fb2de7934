"""What a decision was made of, as JSON: answer, ratings, ranking, examples, steps, targets.

events.schema.json has the same forms as a JSON Schema, and docs/formats.md explains them.
"""

from __future__ import annotations

from collections.abc import Sequence

from align_tui.core.alignment.ranking import Ranking
from align_tui.core.alignment.ranking_json import ranking_to_json
from align_tui.core.answers import Answer, ChoiceAnswer
from align_tui.core.decisions import Step, UsedExample
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.targets import Distribution, RandomEffects, Target, Targets
from align_tui.core.types import Json, JsonObject


def answer_json(answer: Answer, choice_text: str) -> JsonObject:
    """`{"kind": "choice", "index": 0, "text": ...}` or `{"kind": "text", "text": ...}`."""
    if isinstance(answer, ChoiceAnswer):
        return {"kind": "choice", "index": answer.index, "text": choice_text}
    return {"kind": "text", "text": answer.text}


def predictions_json(predictions: Predictions | None) -> Json:
    """By choice in the scenario's order, by attribute; null where nothing was predicted."""
    if not predictions:
        return None
    return [{name: _prediction(one) for name, one in row.items()} for row in predictions]


def _prediction(prediction: Prediction) -> JsonObject:
    return {
        "mean": prediction.mean,
        "samples": list(prediction.samples),
        "reasons": list(prediction.reasons),
        "rater": prediction.rater,
    }


def relevance_json(relevance: Relevance | None) -> Json:
    """By choice in the scenario's order, by attribute; null where there is none."""
    if relevance is None or not relevance.by_choice:
        return None
    return {
        "rater": relevance.rater,
        "by_choice": [dict(row) for row in relevance.by_choice],
    }


def ranking_json(ranking: Ranking | None) -> Json:
    """The ranking; null where no alignment function ranked the choices."""
    return None if ranking is None else ranking_to_json(ranking)


def examples_json(examples: Sequence[UsedExample]) -> Json:
    """The examples that the prompt showed, in its order; null where it showed none."""
    if not examples:
        return None
    return [
        {
            "example": each.example,
            "attribute": each.attribute,
            "similarity": each.similarity,
            "response": each.response,
        }
        for each in examples
    ]


def steps_json(steps: Sequence[Step]) -> Json:
    """The named steps in their order, in seconds; null where none were named."""
    if not steps:
        return None
    return [{"name": step.name, "seconds": round(step.seconds, 6)} for step in steps]


def targets_json(targets: Targets) -> JsonObject:
    """By attribute: a number of weight 1 as that number, everything else as an object."""
    return {target.attribute: _target(target) for target in targets}


def _target(target: Target) -> Json:
    if isinstance(target.value, Distribution):
        return {
            "name": target.value.name,
            "samples": list(target.value.samples),
            "bandwidth": target.value.bandwidth,
            "kernel": target.value.kernel,
            "mean": target.value.mean,
            "weight": target.weight,
        }
    if isinstance(target.value, RandomEffects):
        return {
            "value": target.value.value,
            "parameters": dict(target.value.parameters),
            "weight": target.weight,
        }
    if target.weight == 1.0:
        return target.value
    return {"value": target.value, "weight": target.weight}


def target_words(targets: Targets) -> str:
    """`moral_desert 1 + fairness ~Ohio (mean 0.62) x2`, for people."""
    return " + ".join(_words(target) for target in targets)


def _words(target: Target) -> str:
    name, weight = target.attribute, "" if target.weight == 1.0 else f" x{target.weight:g}"
    if isinstance(target.value, Distribution):
        said = f"~{target.value.name}" if target.value.name else "a distribution"
        return f"{name} {said} (mean {target.value.mean:.2g}){weight}"
    if isinstance(target.value, RandomEffects):
        number = "" if target.value.value is None else f" {target.value.value:g}"
        return f"{name}{number} ({target.value.in_words}){weight}"
    return f"{name} {target.value:g}{weight}"
