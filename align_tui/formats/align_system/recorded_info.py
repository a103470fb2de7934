"""Read the `choice_info` of a record: what a decision was made of.

align-system writes these fields (its component PopulateChoiceInfo), and `align-tui export` writes
the same ones with more inside. A field of another form is left out, with a note.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast, get_args

from align_tui.core.alignment.ranking import Ranking, TieBreak, tied_best
from align_tui.core.decisions import Step, UsedExample
from align_tui.core.predictions import Prediction, Predictions, Relevance
from align_tui.core.types import Json, JsonObject
from align_tui.formats.align_system.recorded_examples import Name, read_examples
from align_tui.formats.labels import MOST_LABELS, SLACK

MOST_SAMPLES = 1_000
MOST_STEPS = 200
KNOWN = ("source", "parameters", "measure", "scores", "best", "tie_break", "best_sample_idx",
         "notes")  # fmt: skip
"""Keys of `alignment_info` that have a field of their own in a ranking."""


@dataclass(frozen=True, slots=True)
class RecordedInfo:
    """The parts of a `choice_info`; `notes` name the parts that could not be read."""

    predictions: Predictions | None = None
    relevance: Relevance | None = None
    ranking: Ranking | None = None
    steps: tuple[Step, ...] = ()
    examples: tuple[UsedExample, ...] = ()
    notes: tuple[str, ...] = ()


def read_info(value: Json, texts: Sequence[str], choice: int, name: Name) -> RecordedInfo:
    """Read a `choice_info`. `texts` are the record's choices and `choice` is the one it took.

    Never raises: what is not of the known form is noted.
    """
    if not isinstance(value, Mapping):
        return RecordedInfo()
    found = RecordedInfo()
    notes: list[str] = []
    if "predicted_kdma_values" in value:
        predictions = _predictions(value["predicted_kdma_values"], texts, name)
        found = replace(found, predictions=predictions)
        if predictions is None:
            notes.append("the recorded predictions could not be read")
    if "predicted_relevance" in value:
        relevance = _relevance(value["predicted_relevance"], texts, name)
        found = replace(found, relevance=relevance)
        if relevance is None:
            notes.append("the recorded relevance could not be read")
    if "alignment_info" in value:
        found = replace(found, ranking=_ranking(value["alignment_info"], len(texts), choice))
    steps = _steps(value.get("per_step_timing_stats"))
    examples = read_examples(value.get("icl_example_responses"), name)
    return replace(found, steps=steps, examples=examples, notes=tuple(notes))


def _predictions(value: Json, texts: Sequence[str], name: Name) -> Predictions | None:
    """By choice and attribute; None if nothing fits the choices."""
    if not isinstance(value, Mapping):
        return None
    rows = [_row(value.get(text), name) for text in texts]
    return tuple(rows) if any(rows) else None


def _row(value: Json, name: Name) -> dict[str, Prediction]:
    if not isinstance(value, Mapping) or len(value) > MOST_LABELS:
        return {}
    found = {name(spelled): _samples(each) for spelled, each in value.items() if spelled.strip()}
    return {attribute: Prediction(samples) for attribute, samples in found.items() if samples}


def _samples(value: Json) -> tuple[float, ...]:
    """The samples (0..1) of a list or a single number; empty if one is not in 0..1."""
    values = value if isinstance(value, list) else [value]
    shares = [_share(each) for each in values[: MOST_SAMPLES + 1]]
    if len(shares) > MOST_SAMPLES or any(math.isnan(each) for each in shares):
        return ()
    return tuple(shares)


def _share(value: Json) -> float:
    """A number of 0..1, with rounding errors beyond the ends removed; NaN for anything else."""
    number = _number(value)
    return min(1.0, max(0.0, number)) if -SLACK <= number <= 1.0 + SLACK else math.nan


def _number(value: Json) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e300:
        return math.nan
    return float(value)


def _relevance(value: Json, texts: Sequence[str], name: Name) -> Relevance | None:
    if not isinstance(value, Mapping) or len(value) > MOST_LABELS:
        return None
    if value and all(isinstance(each, Mapping) for each in value.values()):
        rows = [_relevances(value.get(text), name) for text in texts]
        return Relevance(tuple(rows)) if any(rows) else None
    row = _relevances(value, name)
    return Relevance.of_scenario(row, len(texts)) if row else None


def _relevances(value: Json, name: Name) -> dict[str, float]:
    if not isinstance(value, Mapping) or len(value) > MOST_LABELS:
        return {}
    samples = {name(spelled): _samples(each) for spelled, each in value.items() if spelled.strip()}
    return {key: math.fsum(each) / len(each) for key, each in samples.items() if each}


def _ranking(value: Json, choices: int, choice: int) -> Ranking | None:
    """The ranking, if the record has a score for each choice: scores, votes or probabilities."""
    if not isinstance(value, Mapping):
        return None
    measure, scores = _scores(value, choices)
    if scores is None:
        return None
    parameters, sample = value.get("parameters"), value.get("best_sample_idx")
    notes, said = value.get("notes"), value.get("tie_break")
    best = tuple(i for i in _indices(value.get("best")) if i < choices) or tied_best(scores)
    known = isinstance(said, str) and said in get_args(TieBreak)
    return Ranking(
        function=_text(value.get("source")) or "unknown",
        measure=measure,
        scores=scores,
        best=best if choice in best or known else (choice,),
        taken=choice,
        tie_break=cast(TieBreak, said) if known else "none" if len(best) == 1 else "first",
        parameters=dict(parameters) if isinstance(parameters, Mapping) else {},
        notes=tuple(n for n in notes if isinstance(n, str)) if isinstance(notes, list) else (),
        sample=sample if isinstance(sample, int) and 0 <= sample < MOST_SAMPLES else None,
        details={key: each for key, each in value.items() if key not in KNOWN},
    )


def _scores(value: JsonObject, choices: int) -> tuple[str, tuple[float, ...] | None]:
    """(measure, one score for each choice) of the fields that align-system's functions write."""
    listed = value.get("p_choices")
    first = _number(value.get("p_choose_a"))
    if "scores" in value:
        return _text(value.get("measure")) or "score", _by_index(value["scores"], choices)
    if "votes" in value:
        return "votes", _by_index(value["votes"], choices)
    if isinstance(listed, list):
        return "probability", _by_index({str(i): p for i, p in enumerate(listed)}, choices)
    if choices == 2 and 0 <= first <= 1:
        return "probability", (first, 1.0 - first)
    return "", None


def _by_index(value: Json, choices: int) -> tuple[float, ...] | None:
    """The numbers of `{"0": 0.2, "1": 0.8}`; None if one is missing."""
    if not isinstance(value, Mapping):
        return None
    numbers = tuple(_number(value.get(str(index))) for index in range(choices))
    return None if any(map(math.isnan, numbers)) else numbers


def _indices(value: Json) -> list[int]:
    given = value if isinstance(value, list) else []
    return [each for each in given if type(each) is int and each >= 0]


def _text(value: Json) -> str:
    return value[:200] if isinstance(value, str) else ""


def _steps(value: Json) -> tuple[Step, ...]:
    """The named steps with their seconds; entries of another form are left out."""
    found = []
    for each in value[:MOST_STEPS] if isinstance(value, list) else []:
        if isinstance(each, Mapping) and (name := _text(each.get("step"))):
            seconds = _number(each.get("elapsed_s"))
            if 0 <= seconds < 1e9:
                found.append(Step(name, seconds))
    return tuple(found)
