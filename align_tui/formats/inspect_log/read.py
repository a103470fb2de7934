"""Read an Inspect log as a finished run: each sample is a scenario, each epoch a repeat.

A multiple-choice sample becomes a scenario with its choices. If its target names choices by
letter, they get the label `correct`; a log of `align-tui export` has its own labels. Other samples
become open questions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from align_tui.core.answers import letter
from align_tui.core.attributes import Attributes
from align_tui.core.errors import DatasetError
from align_tui.core.scenarios import MAX_CHOICES, Scenario
from align_tui.core.targets import Target, Targets, targets_from_json
from align_tui.core.text.plurals import counted
from align_tui.core.text.repair import storable
from align_tui.core.types import Json
from align_tui.formats.align_system.recorded_info import read_info
from align_tui.formats.drafts import Draft, assemble
from align_tui.formats.files import shown
from align_tui.formats.inspect_log.files import MOST_SAMPLES, logs_at, read_log
from align_tui.formats.recorded_runs import Recorded, RecordedRun, RunFormat
from align_tui.formats.values import (
    FilePosition,
    Object,
    as_id,
    as_list,
    as_object,
    as_text,
    finite,
    sanitise,
)

CORRECT = "correct"
"""The label of the choices that a sample's target names: 1, and 0 for the others."""

OWN = "align_tui"
NEWEST = 2
MOST_EPOCHS = 10_000
_KEPT = ("id", "epoch", "input", "choices", "target", "scores", "metadata", "error", "total_time")
_ANSWER = re.compile(r"(?im)^\s*answer\s*:\s*\(?([A-Za-z])\b")


@dataclass(frozen=True, slots=True)
class _Sample:
    """One sample that has a scenario; `answer` is None if it has no answer that can be read."""

    draft: Draft
    epoch: int
    answer: int | str | None
    reasoning: str
    seconds: float
    body: Object


def read_inspect_log(
    path: Path, attributes: Attributes, scale: Mapping[str, float] | None = None
) -> RecordedRun:
    """Read a log (.json or .eval); raises DatasetError."""
    place = FilePosition(shown(path))
    log = read_log(path)
    version = log.get("version", 1)
    if not isinstance(version, int) or version > NEWEST:
        raise place.error(
            f"it has version {version!r} of Inspect's log format",
            f"align-tui reads versions up to {NEWEST}.",
        )
    head = as_object(sanitise(finite(log.get("eval")), place), place, "eval")
    raw = as_list(log.get("samples") or [], place, "samples")
    if not raw:
        raise place.error("it has no samples", "Inspect leaves them out with --no-log-samples.")
    if len(raw) > MOST_SAMPLES:
        raise place.error(f"it has {len(raw):,} samples; the limit is {MOST_SAMPLES:,}")
    samples = [_sample(each, place.at(number)) for number, each in enumerate(raw, start=1)]
    own = _object(_object(head.get("metadata")).get(OWN))
    first = {sample.draft.key: sample for sample in reversed(samples)}
    ordered = list(dict.fromkeys(sample.draft.key for sample in samples))
    drafts = [first[key].draft for key in ordered]
    scenarios, notes = assemble(drafts, attributes, scale, place, foreign=True)
    decisions, more = _decisions(samples, scenarios, ordered, attributes)
    if not decisions:
        raise DatasetError(f"{place.file} has no answers", "Its samples failed or have no scores.")
    return RecordedRun(
        place=shown(path.absolute()),
        name=_text(own.get("study")) or _text(head.get("task")) or storable(path.stem),
        adm=_text(own.get("method")) or _solver(log) or "inspect",
        model="" if head.get("model") in (None, "none", "none/none") else _text(head.get("model")),
        targets=_targets(own, drafts),
        scenarios=scenarios,
        decisions=decisions,
        written=_time(head.get("created")) or path.stat().st_mtime,
        notes=(*notes, *more),
        profile=_text(own.get("profile")),
    )


def _sample(value: Json, place: FilePosition) -> _Sample:
    given = as_object(value, place, "the sample")
    # Its events and messages can be most of the file, and nothing of them is kept.
    body = as_object(
        sanitise(finite({key: given[key] for key in _KEPT if key in given}), place), place, "it"
    )
    key = as_id(body.get("id"), place, "id")
    place = place.at(place.record, key)
    epoch = body.get("epoch", 1)
    if type(epoch) is not int or not 1 <= epoch <= MOST_EPOCHS:
        raise place.error(f"epoch must be a whole number from 1 to {MOST_EPOCHS:,}")
    texts = [
        as_text(each, place, "choices")
        for each in as_list(body.get("choices") or [], place, "choices")[: MAX_CHOICES + 1]
    ]
    said = storable(_completion(given.get("output")))
    text = _input(body.get("input"), place)
    labels = _labels(body, texts)
    draft = Draft(
        place=place,
        key=key,
        text=text,
        choices=tuple(texts),
        labels=labels,
        title=_text(_object(body.get("metadata")).get("title")),
        meta={"target": body["target"]} if body.get("target") else {},
        source={"format": "inspect"},
        asks="choice" if len(texts) > 1 else "text",
    )
    answer, reasoning = (None, "") if body.get("error") else _answer(body, texts, said)
    return _Sample(draft, epoch, answer, reasoning, _seconds(body.get("total_time")), body)


def _seconds(value: Json) -> float:
    timed = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9
    return float(value) if timed else 0.0  # type: ignore[arg-type]


def _input(value: Json, place: FilePosition) -> str:
    """The text of an input, which is a text or a list of messages: the last one of the user."""
    if isinstance(value, str):
        return value
    texts = [
        _content(message.get("content"))
        for message in as_list(value, place, "input")
        if isinstance(message, dict) and message.get("role", "user") == "user"
    ]
    if not texts:
        raise place.error("its input has no text")
    return texts[-1]


def _content(value: Json) -> str:
    """The text of a message, which is a text or a list of parts."""
    if isinstance(value, str):
        return value
    parts = value if isinstance(value, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, Mapping)]
    return "\n".join(text for text in texts if isinstance(text, str))


def _completion(output: Json) -> str:
    """The model's reply: `completion`, or the text of its first choice."""
    table = _object(output)
    if isinstance(table.get("completion"), str) and table["completion"]:
        return str(table["completion"])
    choices = table.get("choices")
    first = _object(choices[0]) if isinstance(choices, list) and choices else {}
    return _content(_object(first.get("message")).get("content"))


def _labels(body: Object, texts: Sequence[str]) -> tuple[dict[str, float], ...]:
    """The labels by choice: those of our own export, or which choices the target names."""
    own = _object(_object(body.get("metadata")).get("labels"))
    if own:
        return tuple(_numbers(own.get(letter(index))) for index in range(len(texts)))
    named = body.get("target")
    targets = named if isinstance(named, list) else [named]
    right = [_index(each, texts) for each in targets if isinstance(each, str) and each]
    if not right or None in right:
        return ({},) * len(texts)
    return tuple({CORRECT: float(index in right)} for index in range(len(texts)))


def _numbers(value: Json) -> dict[str, float]:
    return {
        name: float(each)
        for name, each in _object(value).items()
        if isinstance(each, int | float) and not isinstance(each, bool) and 0 <= each <= 1
    }


def _index(said: str, texts: Sequence[str]) -> int | None:
    """The choice that is named by its letter or by its text; None if none is."""
    letters = [letter(index) for index in range(len(texts))]
    if said.strip().upper() in letters:
        return letters.index(said.strip().upper())
    return list(texts).index(said) if said in texts else None


def _answer(body: Object, texts: Sequence[str], said: str) -> tuple[int | str | None, str]:
    """(answer, reasoning): a choice by its index, an open answer by its text."""
    for value in _object(body.get("scores")).values():
        score = _object(value)
        answer, why = score.get("answer"), _text(score.get("explanation"), len(said) + 100_000)
        if not isinstance(answer, str) or not answer.strip():
            continue
        if len(texts) < 2:
            return answer, why or said
        index = _index(answer, texts)
        if index is not None:
            return index, why or said
    if len(texts) < 2:
        return said or None, ""
    stated = _ANSWER.findall(said)
    return (_index(stated[-1], texts) if stated else None), said


def _decisions(
    samples: Sequence[_Sample],
    scenarios: Sequence[Scenario],
    keys: Sequence[str],
    attributes: Attributes,
) -> tuple[tuple[Recorded, ...], list[str]]:
    found: dict[tuple[int, int], Recorded] = {}
    places = {key: index for index, key in enumerate(keys)}
    lost = 0
    for sample in samples:
        index = places[sample.draft.key]
        same = scenarios[index].choice_texts == tuple(sample.draft.choices)
        if sample.answer is None or (isinstance(sample.answer, int) and not same):
            lost += 1
            continue
        found[index, sample.epoch - 1] = _decision(sample, index, attributes)
    of = counted(len(samples), "sample")
    notes = [f"Without an answer that can be read: {lost} of {of}."] if lost else []
    return tuple(found[place] for place in sorted(found)), notes


def _decision(sample: _Sample, index: int, attributes: Attributes) -> Recorded:
    made = Recorded(
        scenario=index,
        choice=sample.answer if isinstance(sample.answer, int) else None,
        reasoning=sample.reasoning,
        probabilities=None,
        latency_s=sample.seconds,
        notes=("imported",),
        repeat=sample.epoch - 1,
        answer=sample.answer if isinstance(sample.answer, str) else "",
    )
    given = _object(_object(sample.body.get("metadata")).get("choice_info"))
    if not given or made.choice is None:
        return made
    texts = sample.draft.choices
    info = read_info(given, texts, made.choice, attributes.canonical)
    chances = given.get("predicted_probabilities")
    listed = chances if isinstance(chances, list) else []
    numbers = [float(p) for p in listed if isinstance(p, int | float) and 0 <= p <= 1]
    return replace(
        made,
        probabilities=tuple(numbers) if len(numbers) == len(texts) else None,
        notes=(*made.notes, *info.notes),
        predictions=info.predictions,
        relevance=info.relevance,
        ranking=info.ranking,
        steps=info.steps,
    )


def _targets(own: Object, drafts: Sequence[Draft]) -> Targets:
    """The profile's targets in a log of ours; else `correct=1` where samples have that label."""
    if own:
        try:
            return targets_from_json(own.get("targets", []))
        except (KeyError, TypeError, ValueError):
            return ()
    labelled = any(CORRECT in row for draft in drafts for row in draft.labels)
    return (Target(CORRECT, 1.0),) if labelled else ()


def _solver(log: Object) -> str:
    steps = _object(log.get("plan")).get("steps")
    names = [
        _text(_object(step).get("solver")) for step in (steps if isinstance(steps, list) else [])
    ]
    return storable(" + ".join(name for name in names if name))[:500]


def _time(value: Json) -> float:
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except (ValueError, OverflowError, OSError):
        return 0.0


def _object(value: Json) -> Object:
    return dict(value) if isinstance(value, Mapping) else {}


def _text(value: Json, most: int = 1_000) -> str:
    return value[:most] if isinstance(value, str) else ""


RUNS = RunFormat("inspect", "logs of Inspect (.json, .eval)", logs_at, read_inspect_log)
