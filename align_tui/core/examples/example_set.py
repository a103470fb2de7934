"""A set of examples as a run stores it, and how its records are prepared before selection."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from align_tui.core.attributes import Attributes
from align_tui.core.examples.selection import Candidate
from align_tui.core.scenarios import (
    Scenario,
    scenario_from_json,
    scenario_to_json,
    variant_of,
)
from align_tui.core.types import Json, JsonObject, canonical, content_hash, derive_seed

ChoiceOrder = Literal["given", "sorted", "reversed", "shuffled"]
"""`sorted` is by the text of the choices, `reversed` the other way; `shuffled` by the seed."""
Normalise = Literal["none", "attribute", "scenario"]
"""Labels are stretched to 0..1 over the whole set, or over each scenario."""
Reasons = tuple[Mapping[str, str], ...]
MIDDLE = 0.5


@dataclass(frozen=True, slots=True)
class Example:
    """A solved scenario. `reasons` has the file's reasons for each choice, by attribute id."""

    scenario: Scenario
    reasons: Reasons = ()

    def reason(self, choice: int, attribute: str) -> str:
        """The file's reason for the label of a choice; empty if it gives none."""
        return self.reasons[choice].get(attribute, "") if choice < len(self.reasons) else ""


@dataclass(frozen=True)
class ExampleSet:
    """The examples of a profile, in the order of their files. It is stored with the run."""

    examples: tuple[Example, ...]

    @cached_property
    def body(self) -> str:
        """The set as canonical JSON; `example_set_from_json` reads an equal one back."""
        return canonical([_to_json(example) for example in self.examples])

    @cached_property
    def sha256(self) -> str:
        """SHA-256 (64 hex digits) of texts, choices, labels and reasons."""
        return content_hash(self.body)


def example_set(scenarios: Sequence[Scenario], attributes: Attributes) -> ExampleSet:
    """Make a set of scenarios that were read from files, with the reasons that the files give."""
    return ExampleSet(
        tuple(
            Example(replace(scenario, source={}), _reasons(scenario, attributes))
            for scenario in scenarios
        )
    )


def _reasons(scenario: Scenario, attributes: Attributes) -> Reasons:
    """The reasons in a scenario's file, by attribute id; empty if there are none.

    An align-system record has `reasoning`, a choice of the program's own format `reasons`.
    """
    record, choices = scenario.source.get("record"), scenario.source.get("choices")
    rows: Json = record.get("reasoning") if isinstance(record, Mapping) else None
    if isinstance(choices, Sequence) and not isinstance(choices, str):
        rows = [each.get("reasons") if isinstance(each, Mapping) else None for each in choices]
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        return ()
    if len(rows) != len(scenario.choices):
        return ()
    found = tuple(_named(row, attributes) for row in rows)
    return found if any(found) else ()


def _named(row: Json, attributes: Attributes) -> dict[str, str]:
    if not isinstance(row, Mapping):
        return {}
    return {
        attributes.canonical(name): text.strip()
        for name, text in row.items()
        if isinstance(text, str) and text.strip()
    }


def _to_json(example: Example) -> JsonObject:
    body = scenario_to_json(example.scenario)
    if example.reasons:
        body["reasons"] = [dict(each) for each in example.reasons]
    return body


def example_set_from_json(body: Json) -> ExampleSet:
    """Read a stored set; raises KeyError, TypeError or AttributeError on anything else."""
    if not isinstance(body, Sequence) or isinstance(body, str):
        raise TypeError("an example set is not a list")
    return ExampleSet(tuple(_from_json(each) for each in body))


def _from_json(body: Json) -> Example:
    if not isinstance(body, Mapping):
        raise TypeError("an example is not a JSON object")
    rows = body.get("reasons", [])
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        raise TypeError("the reasons of an example are not a list")
    reasons = tuple(
        {str(name): str(text) for name, text in row.items()} if isinstance(row, Mapping) else {}
        for row in rows
    )
    return Example(scenario_from_json(body), reasons)


def prepared(
    examples: Sequence[Example], order: ChoiceOrder, normalise: Normalise, seed: int = 0
) -> tuple[Example, ...]:
    """The examples with their choices in `order`, and with normalised labels.

    Labels that are all equal have no range to be stretched: they become 0.5.
    """
    ordered = [_ordered(example, order, seed) for example in examples]
    if normalise == "scenario":
        return tuple(_stretched(each, _ranges([each])) for each in ordered)
    ranges = _ranges(ordered) if normalise == "attribute" else {}
    return tuple(_stretched(each, ranges) for each in ordered)


def _ordered(example: Example, order: ChoiceOrder, seed: int) -> Example:
    scenario = example.scenario
    indices = list(range(len(scenario.choices)))
    if order == "shuffled":
        random.Random(derive_seed(seed, scenario.seen_hash)).shuffle(indices)
    elif order != "given":
        # A stable sort, so that equal texts keep their order in both directions.
        indices.sort(key=lambda i: scenario.choices[i].text, reverse=order == "reversed")
    reasons = tuple(example.reasons[i] for i in indices) if example.reasons else ()
    return Example(replace(scenario, choices=tuple(scenario.choices[i] for i in indices)), reasons)


def _ranges(examples: Sequence[Example]) -> dict[str, tuple[float, float]]:
    """The least and the greatest label of each attribute."""
    found: dict[str, list[float]] = {}
    for example in examples:
        for choice in example.scenario.choices:
            for name, value in choice.labels.items():
                found.setdefault(name, []).append(value)
    return {name: (min(values), max(values)) for name, values in found.items()}


def _stretched(example: Example, ranges: Mapping[str, tuple[float, float]]) -> Example:
    if not ranges:
        return example

    def stretched(name: str, value: float) -> float:
        low, high = ranges[name]
        return (value - low) / (high - low) if high > low else MIDDLE

    choices = tuple(
        replace(choice, labels={k: stretched(k, v) for k, v in choice.labels.items()})
        for choice in example.scenario.choices
    )
    return Example(replace(example.scenario, choices=choices), example.reasons)


def candidate_of(scenario: Scenario, prompt: str = "") -> Candidate:
    """The scenario as selection sees it; `prompt` is its whole user turn."""
    return Candidate(
        scenario=scenario.text,
        prompt=prompt,
        people=tuple(each.id for each in scenario.characters),
        actions=tuple(each.action for each in scenario.choices if each.action),
        characters=tuple(each.character for each in scenario.choices if each.character),
        key=scenario.key,
        original=variant_of(scenario) or "",
    )


def only_labelled(examples: Sequence[Example], attribute: str) -> tuple[Example, ...]:
    """The examples with only those choices that have a label for the attribute, if any have one."""
    found = []
    for example in examples:
        scenario = example.scenario
        kept = [i for i, each in enumerate(scenario.choices) if attribute in each.labels]
        reasons = tuple(example.reasons[i] for i in kept) if example.reasons else ()
        choices = tuple(scenario.choices[i] for i in kept)
        found += [Example(replace(scenario, choices=choices), reasons)] if kept else []
    return tuple(found)
