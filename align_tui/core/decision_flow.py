"""The computed parts of DecisionFlow (arXiv 2505.21397), as align-system has them.

A model lists what a decision depends on; the program keeps what matters for the targets, writes an
objective of it, and hands that back to the model. JSON objects have align-system's field names.
The replies of a model were checked by a schema or not at all: every part skips what does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from align_tui.core.attributes import Attributes
from align_tui.core.targets import Targets
from align_tui.core.types import Json, JsonObject

ENVIRONMENT = "Environment"
"""The variable that stands for the surroundings, and is not an option."""
THRESHOLD = 0.3
DEFAULT_OBJECTIVE = "Choose the option that serves the targets best, by the facts of the scenario."
CONSTRAINT_WORDS = (
    "only", "limited", "must", "cannot", "time", "constraint", "restriction",
)  # fmt: skip
Analysis = Mapping[str, Sequence[Any]]
"""By attribute: a list of {Variable, Attribute: [{Attribute, Value}]}."""


@dataclass(frozen=True, slots=True)
class Aim:
    """An attribute that the flow weighs, with what a high and a low one of it do.

    `value` is the target's (0..1), None if it has none. `is_target` is False for an attribute that
    the flow weighs without a target.
    """

    attribute: str
    name: str
    definition: str
    high: str
    low: str
    value: float | None = None
    is_target: bool = True

    @property
    def word(self) -> str:
        """`high` from one half on, else `low`; `low` too without a value, as in align-system."""
        return "high" if self.value is not None and self.value >= 0.5 else "low"


def aims_of(
    targets: Targets, attributes: Attributes, others: Sequence[str] = ()
) -> tuple[Aim, ...]:
    """The aims of the targets, or without a target those of `others`, which have no value.

    Raises KeyError with the name of an attribute that no pack defines.
    """
    wanted: list[tuple[str, float | None]] = [(each.attribute, each.point) for each in targets]
    aims = []
    for name, value in wanted or [(name, None) for name in others]:
        attribute = attributes.get(name)
        if attribute is None:
            raise KeyError(name)
        a = attribute
        aims.append(Aim(a.id, a.name, a.definition, a.high, a.low, value, bool(targets)))
    return tuple(aims)


def words_told(aims: Sequence[Aim]) -> list[tuple[str, str]]:
    """The (word, name) of each aim that is a target, for the prompt of the last step."""
    return [(aim.word, aim.name) for aim in aims if aim.is_target]


def values_told(aims: Sequence[Aim]) -> dict[str, float]:
    """The value of each aim that is a target and has one, by its name."""
    return {aim.name: aim.value for aim in aims if aim.is_target and aim.value is not None}


def entries(analysis: Sequence[Any]) -> Iterator[tuple[str, str, Json]]:
    """(variable, attribute, value) of each fact of one attribute's analysis."""
    for each in analysis:
        if not isinstance(each, Mapping):
            continue
        facts = each.get("Attribute")
        for fact in facts if isinstance(facts, Sequence) and not isinstance(facts, str) else ():
            if isinstance(fact, Mapping) and isinstance(fact.get("Attribute"), str):
                yield str(each.get("Variable", "")), fact["Attribute"], fact.get("Value", [])


def asked_about(analysis: Sequence[Any]) -> tuple[str, ...]:
    """The attributes whose weight is asked for: each once, without those of the surroundings."""
    return tuple(dict.fromkeys(a for v, a, _ in entries(analysis) if v != ENVIRONMENT))


def weighted_pairs(
    analysis: Sequence[Any], weights: Mapping[str, tuple[float, str]]
) -> list[dict[str, Json]]:
    """The facts of each variable with the weight (0..1) and explanation of their attribute."""
    return [
        {
            "Variable": variable,
            "Attribute": attribute,
            "Value": value,
            "Weight": weights[attribute][0],
            "Explanation": weights[attribute][1],
        }
        for variable, attribute, value in entries(analysis)
        if variable not in ("", ENVIRONMENT) and attribute in weights
    ]


def objective_of(
    pairs: Mapping[str, Sequence[Mapping[str, Any]]] | None, threshold: float = THRESHOLD
) -> dict[str, Any]:
    """The weighted sum of the facts that weigh more than `threshold`, and these facts.

    `pairs` are the weighted ones by attribute of the target. Without any fact left the sum is
    empty, and the objective is DEFAULT_OBJECTIVE.
    """
    kept = [
        {**pair, "KDMA": name}
        for name, facts in (pairs or {}).items()
        for pair in facts
        if pair["Weight"] > threshold
    ]
    terms = [f"{p['Weight']:g} * {p['Attribute']}({p['Variable']})" for p in kept]
    return {
        "objective_function": " + ".join(terms) or DEFAULT_OBJECTIVE,
        "filtered_pairs": kept,
        "weight_threshold_used": threshold,
    }


def constraints_of(information: Sequence[Any]) -> list[str]:
    """The facts that name a limit, by any of CONSTRAINT_WORDS inside their text."""
    return [
        fact
        for fact in information
        if isinstance(fact, str) and any(word in fact.lower() for word in CONSTRAINT_WORDS)
    ]


def objective_text(objective: Any) -> str:
    """The objective as text: its own, or DEFAULT_OBJECTIVE if it has none."""
    found = objective.get("objective_function") if isinstance(objective, Mapping) else objective
    return found if isinstance(found, str) and found else DEFAULT_OBJECTIVE


def model_structure(
    variables: Sequence[Any] | None,
    objective: Any,
    analysis: Analysis,
    kept: Sequence[str],
    information: Sequence[Any],
) -> JsonObject:
    """What the structured form writes its model from: all facts of the attributes `kept`."""
    facts = [
        {"Variable": variable, "Attribute": attribute, "Value": value}
        for name in kept
        if name != ENVIRONMENT
        for variable, attribute, value in entries(analysis.get(name, ()))
    ]
    return {
        "variables": list(variables or ()),
        "objective_function": objective_text(objective),
        "attribute": facts,
        "constraints": constraints_of(information),
    }


def kept_facts(objective: Any) -> list[dict[str, Json]]:
    """The facts that the objective kept, without their weights."""
    pairs = objective.get("filtered_pairs") if isinstance(objective, Mapping) else None
    return [
        {key: pair[key] for key in ("Variable", "Attribute", "Value") if key in pair}
        for pair in pairs or ()
        if isinstance(pair, Mapping)
    ]


def facts_of_options(objective: Any) -> list[dict[str, Json]]:
    """The facts that the objective kept, without those of the surroundings."""
    return [
        fact
        for fact in kept_facts(objective)
        if ENVIRONMENT.lower() not in str(fact.get("Variable", "")).lower()
    ]


def facts_for_last_step(objective: Any, analysis: Analysis) -> list[dict[str, Json]]:
    """The facts that the last step sees: those kept, or all values of each variable together."""
    kept = kept_facts(objective)
    if kept:
        return kept
    found: list[dict[str, Json]] = []
    for name, analysed in analysis.items():
        by_variable: dict[str, list[Json]] = {}
        for variable, _, value in entries(analysed):
            values = by_variable.setdefault(variable, [])
            values += value if isinstance(value, list) else [value]
        found += [
            {"Variable": variable, "Attribute": name, "Value": values}
            for variable, values in by_variable.items()
        ]
    return found


def numbered(choices: Sequence[str]) -> list[str]:
    """The choices as the last step lists them, with their numbers from 0."""
    return [f"({number}) {choice}" for number, choice in enumerate(choices)]


def index_of(answer: object, choices: Sequence[str]) -> int | None:
    """The choice that a number answers, or None if it is no choice's number."""
    if isinstance(answer, int) and 0 <= answer < len(choices):
        return int(answer)
    return None


def choices_named(answer: str, choices: Sequence[str]) -> tuple[int, ...]:
    """The choices that a text may mean: one if it is clear, several if not, none if it names none.

    It is the choice with that text; else the choice with that number, as `numbered` lists it; else
    those whose text stands in the answer, or the answer in theirs; else the same without regard to
    case. In align-system the order of the choices decides among several.
    """
    answer = answer.strip()
    if not answer:
        return ()
    if answer in choices:
        return (list(choices).index(answer),)
    number = re.fullmatch(r"\(?(\d{1,3})\)?[.:]?", answer)
    if number is not None:
        index = index_of(int(number.group(1)), choices)
        return () if index is None else (index,)
    return _within(answer, choices) or _within(answer.lower(), [c.lower() for c in choices])


def _within(answer: str, choices: Sequence[str]) -> tuple[int, ...]:
    """The choices inside the answer, without those inside longer ones; else the other way round."""
    inside = [i for i, choice in enumerate(choices) if choice in answer]
    longest = [
        i
        for i in inside
        if not any(choices[i] != choices[j] and choices[i] in choices[j] for j in inside)
    ]
    return tuple(longest) or tuple(i for i, choice in enumerate(choices) if answer in choice)
