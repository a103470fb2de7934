"""The steps of DecisionFlow that ask a model: what each is given, and what its reply must hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from align_tui.adms.flow import prompts
from align_tui.adms.flow.asking import Asker, Question
from align_tui.core.decision_flow import (
    Aim,
    asked_about,
    choices_named,
    constraints_of,
    entries,
    facts_of_options,
    index_of,
    model_structure,
    objective_text,
    weighted_pairs,
)
from align_tui.core.errors import ReplyError
from align_tui.core.scenarios import Scenario
from align_tui.core.types import Json, JsonObject

_WORD = re.compile(r"\w")
UNCLEAR = "The answer of the last step names no choice ({}), so the first choice was taken."


@dataclass(frozen=True, slots=True)
class Form:
    """`fine`: scores, a model in free text and a choice by its text; else schemas throughout.

    With the limits SMALL the last step sees the model of the decision without what it was written
    from.
    """

    fine: bool
    attempts: int
    extraction_attempts: int
    express_attempts: int
    limits: prompts.Limits = prompts.FULL


async def variables(asker: Asker, scenario: Scenario, form: Form) -> list[str]:
    """What the decision is made between (at least one)."""
    question = Question(
        "variables",
        prompts.variables_prompt(scenario),
        prompts.variables_schema(form.limits),
        form.attempts,
    )
    return await asker.ask(question, lambda found: _texts(found, prompts.VARIABLES), told=_lines)


async def extraction(asker: Asker, scenario: Scenario, form: Form) -> list[str]:
    """The facts of the scenario (at least one)."""
    question = Question(
        "extraction",
        prompts.extraction_prompt(scenario),
        prompts.extraction_schema(form.limits),
        form.extraction_attempts,
    )
    return await asker.ask(question, lambda found: _texts(found, prompts.INFORMATION), told=_lines)


async def attribute(
    asker: Asker,
    scenario: Scenario,
    form: Form,
    aims: Sequence[Aim],
    names: Sequence[str],
    information: Sequence[str],
) -> dict[str, list[Any]]:
    """What about each variable matters, by the name of the aim; all aims are asked at once."""
    questions = [
        Question(
            "attribute",
            prompts.attribute_prompt(scenario, aim, names, information, fine=form.fine),
            prompts.attribute_schema(names, fine=form.fine, limits=form.limits),
            form.attempts,
        )
        for aim in aims
    ]
    found = await asker.ask_all(questions, _analysis, _told_analysis)
    return {aim.name: each for aim, each in zip(aims, found, strict=True)}


async def filter_facts(
    asker: Asker,
    scenario: Scenario,
    form: Form,
    aims: Sequence[Aim],
    analysis: Mapping[str, Sequence[Any]],
) -> dict[str, list[dict[str, Json]]]:
    """The weighted facts by the name of the aim; each of its attributes is asked about once."""
    asked = [(aim, each) for aim in aims for each in asked_about(analysis.get(aim.name, ()))]
    questions = [
        Question(
            "filter",
            prompts.filter_prompt(scenario, aim, each),
            prompts.filter_schema(form.limits),
            form.attempts,
        )
        for aim, each in asked
    ]
    weights: dict[str, dict[str, tuple[float, str]]] = {aim.name: {} for aim in aims}
    for (aim, each), found in zip(
        asked, await asker.ask_all(questions, _weight, _told_weight), strict=True
    ):
        weights[aim.name][each] = found
    return {
        aim.name: weighted_pairs(analysis[aim.name], weights[aim.name])
        for aim in aims
        if aim.name in analysis
    }


async def express(
    asker: Asker,
    form: Form,
    aims: Sequence[Aim],
    names: Sequence[str],
    information: Sequence[str],
    analysis: Mapping[str, Sequence[Any]],
    objective: JsonObject,
) -> dict[str, Json]:
    """The model of the decision: its four parts, and the structure that it was written from."""
    structure = structure_for(form, aims, names, information, analysis, objective)
    question = Question(
        "express",
        prompts.express_prompt(structure),
        prompts.express_schema(form.limits),
        form.express_attempts,
        form.fine,
        prompts.MODEL_KEYS[:1],
    )
    model: dict[str, Json] = await asker.ask(question, _model, told=_sections)
    if form.limits == prompts.SMALL:
        return {"mathematical_model": model}
    return {"mathematical_model": model, "structure": structure}


def structure_for(
    form: Form,
    aims: Sequence[Aim],
    names: Sequence[str],
    information: Sequence[str],
    analysis: Mapping[str, Sequence[Any]],
    objective: Any,
) -> JsonObject:
    """What the model is written from: all facts, or in the fine form those that were kept."""
    if not form.fine:
        return model_structure(names, objective, analysis, [aim.name for aim in aims], information)
    return {
        "focus": {aim.name: aim.word for aim in aims},
        "objective_function": objective_text(objective),
        "attribute": facts_of_options(objective),
        "constraints": constraints_of(information),
    }


async def math_reason(
    asker: Asker,
    scenario: Scenario,
    form: Form,
    aims: Sequence[Aim],
    model: Mapping[str, Any],
    facts: Sequence[Mapping[str, Any]],
) -> tuple[int, str]:
    """The choice (index from 0) and its reasoning."""
    choices = scenario.choice_texts
    question = Question(
        "math_reason",
        prompts.last_prompt(scenario, aims, model, facts, fine=form.fine),
        prompts.last_schema(len(choices), fine=form.fine, limits=form.limits),
        form.attempts,
    )

    def read(found: JsonObject) -> tuple[int | None, str, Json]:
        reasoning = str(found.get(prompts.REASONING, "")).strip()
        answer = found.get(prompts.ANSWER)
        if not form.fine:
            return index_of(answer, choices), reasoning, answer
        if not isinstance(answer, str):
            raise TypeError(f"the {prompts.ANSWER} is {answer!r} and no text")
        named = choices_named(answer, choices)
        if len(named) > 1:
            raise ReplyError(f"The answer {answer[:80]!r} may mean several choices")
        return named[0] if named else None, reasoning, answer

    index, reasoning, answer = await asker.ask(
        question, read, choice=lambda found: found[0] or 0, told=lambda found: found[1]
    )
    if index is None:
        asker.notes.append(UNCLEAR.format(_quoted(answer)))
    return index or 0, reasoning


def _quoted(answer: Json) -> str:
    return repr(answer[:80]) if isinstance(answer, str) else repr(answer)[:80]


def _texts(found: JsonObject, key: str) -> list[str]:
    values = found[key]
    if not isinstance(values, list):
        raise TypeError(f"{key} is no list")
    # A small model may fill a list with dots.
    texts = [each.strip() for each in values if isinstance(each, str) and _WORD.search(each)]
    if not texts:
        raise ValueError(f"{key} lists nothing")
    return list(dict.fromkeys(texts))


def _analysis(found: JsonObject) -> list[Any]:
    """The analysis; in the fine form each score becomes one of its fact's values."""
    values = found[prompts.ANALYSIS]
    if not isinstance(values, list):
        raise TypeError(f"{prompts.ANALYSIS} is no list")
    return [_with_scores(each) for each in values]


def _with_scores(entry: Any) -> Any:
    facts = entry.get("Attribute") if isinstance(entry, dict) else None
    if not isinstance(facts, list):
        return entry
    return {**entry, "Attribute": [_with_score(fact) for fact in facts]}


def _with_score(fact: Any) -> Any:
    score = fact.get(prompts.SCORE) if isinstance(fact, dict) else None
    if isinstance(score, bool) or not isinstance(score, int | float):
        return fact
    value = fact.get("Value", [])
    values = value if isinstance(value, list) else [value]
    rest = {key: each for key, each in fact.items() if key != prompts.SCORE}
    return {**rest, "Value": [*values, f"score {score:g}"]}


def _weight(found: JsonObject) -> tuple[float, str]:
    weight = found[prompts.WEIGHT]
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
        raise ValueError(f"the weight {weight!r} is not from 0 to 1")
    return weight, str(found.get(prompts.EXPLANATION, ""))


def _model(found: JsonObject) -> dict[str, Json]:
    """The parts of a model that the reply has; only the objective must be there."""
    if not found[prompts.MODEL_KEYS[0]]:
        raise ValueError("the objective is empty")
    return {key: found[key] for key in prompts.MODEL_KEYS if key in found}


def _told_analysis(analysis: Sequence[Any]) -> str:
    return "\n".join(f"{v}: {a}: {_flat(value)}" for v, a, value in entries(analysis))


def _told_weight(weight: tuple[float, str]) -> str:
    return f"{weight[0]:g}: {weight[1]}"


def _lines(texts: Sequence[str]) -> str:
    return "\n".join(texts)


def _sections(model: Mapping[str, Json]) -> str:
    return "\n".join(f"{key}: {_flat(value)}" for key, value in model.items())


def _flat(value: Json) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)
