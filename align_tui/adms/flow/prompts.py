"""What DecisionFlow asks in its steps: the texts, in align-tui's own words, and their schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from align_tui.core.decision_flow import ENVIRONMENT, Aim, numbered, values_told, words_told
from align_tui.core.scenarios import Scenario
from align_tui.core.types import Json, JsonObject

SYSTEM = """\
You help to decide in a hard situation, one small task at a time. Do only what the task asks, keep \
to the facts of the situation, and answer in JSON."""

WEIGHTS: Sequence[float] = tuple(step / 20 for step in range(21))
"""The weights that a reply under a schema can give: a free number could have endless digits."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most entries of each list in a reply, and the most characters of each text.

    `attributes` are those of a variable for one aim, `part` is a text of the model of the decision,
    and `entry` one in a list of that model, which has at most `entries`.
    """

    variables: int = 8
    variable: int = 80
    facts: int = 24
    fact: int = 200
    attributes: int = 5
    attribute: int = 60
    values: int = 4
    value: int = 120
    explanation: int = 300
    part: int = 600
    entries: int = 24
    entry: int = 200
    reasoning: int = 1_500
    answer: int = 500


FULL = Limits()
SMALL = Limits(
    variables=4, variable=24, facts=5, fact=64, attributes=1, attribute=24, values=1, value=40,
    explanation=64, part=80, entries=2, entry=40, reasoning=160, answer=160,
)  # fmt: skip
"""Limits for a model that reads about a thousand tokens: prompts quote its earlier replies."""

VARIABLES, INFORMATION, ANALYSIS = "variables", "information", "analysis"
WEIGHT, EXPLANATION, SCORE = "Weight", "Explanation", "Score"
MODEL_KEYS = ("Objective Function", "Decision Variables", "Constraints", "Explanation")
REASONING, ANSWER = "Reasoning", "Answer"


def described(scenario: Scenario) -> str:
    """The scenario's text, with its people and what is at hand if the file tells them apart."""
    parts = [scenario.text.strip()]
    people = [f"{each.name or each.id}: {each.text}" for each in scenario.characters if each.text]
    if people:
        parts.append("People:\n" + "\n".join(f"- {each}" for each in people))
    if scenario.supplies:
        parts.append("At hand:\n" + "\n".join(f"- {each}" for each in scenario.supplies))
    return "\n\n".join(parts)


def variables_prompt(scenario: Scenario) -> str:
    """Asks what can be chosen between."""
    return f"""{_situation(scenario)}

Task: List the decision variables, that is, the people or options between which the decision is \
made. Name each in a few words. Answer in JSON with the key "{VARIABLES}", a list of texts."""


def extraction_prompt(scenario: Scenario) -> str:
    """Asks for the facts of the scenario."""
    return f"""{_situation(scenario)}

Task: List the facts of the situation that may matter for the decision. Write one fact in each \
entry, begin it with the person or thing that it is about, and add nothing that is not said. \
Answer in JSON with the key "{INFORMATION}", a list of texts."""


def attribute_prompt(
    scenario: Scenario,
    aim: Aim,
    variables: Sequence[str],
    information: Sequence[str],
    *,
    fine: bool,
) -> str:
    """Asks what about each variable matters for an aim, as words or (fine) with a score."""
    if fine:
        wanted = "" if aim.value is None else f" It should be at {aim.value:g} from 0 to 1."
        how = f"""{wanted} For each variable name what about it matters for {aim.name}, with its \
values, and score from 0 to 1 how strongly choosing this variable would express {aim.name}: 0.9 to \
1.0 fully, 0.7 to 0.9 strongly, 0.4 to 0.7 in part, 0.2 to 0.4 weakly, 0.0 to 0.2 not at all. \
Fully means: {aim.high} Not at all means: {aim.low}"""
    else:
        how = f""" For each variable name what about it matters to somebody whose {aim.name} is \
{aim.word}, with its values."""
    score = f', and "{SCORE}", its score' if fine else ""
    return f"""{_situation(scenario)}

Variables: {_listed([*variables, ENVIRONMENT])}
Facts: {_listed(information)}

Task: {aim.definition}{how} "{ENVIRONMENT}" stands for the surroundings. Answer in JSON with the \
key "{ANALYSIS}", a list with an object for each variable. Its keys are "Variable", the variable's \
name, and "Attribute", a list of objects with the keys "Attribute", what matters, and "Value", a \
list of texts{score}."""


def filter_prompt(scenario: Scenario, aim: Aim, attribute: str) -> str:
    """Asks how much an attribute of the analysis weighs for an aim."""
    return f"""{_situation(scenario)}

Task: {aim.definition} How much does "{attribute}" matter here for a decision with {aim.word} \
{aim.name}? Explain it in a sentence, and give a weight from 0 (not at all) to 1 (it decides). \
Answer in JSON with the keys "{EXPLANATION}" and "{WEIGHT}"."""


def express_prompt(structure: JsonObject) -> str:
    """Asks for a model of the decision, as an optimisation."""
    keys = ", ".join(f'"{key}"' for key in MODEL_KEYS)
    return f"""Here is what a decision depends on:
{json.dumps(structure, ensure_ascii=False, indent=1)}

Task: Write it as an optimisation model in words and simple formulas: what is to be maximised, \
what is chosen, which limits hold, and a short explanation. Answer with one JSON object \
that has the keys {keys}."""


def last_prompt(
    scenario: Scenario,
    aims: Sequence[Aim],
    model: Mapping[str, Any],
    facts: Sequence[Mapping[str, Any]],
    *,
    fine: bool,
) -> str:
    """Asks for the decision by the model; states the aims that are targets."""
    if fine:
        aimed = [
            f"{name} at {at:g} on a scale from 0 to 1" for name, at in values_told(aims).items()
        ]
        how = """Take each option's scores, multiply them by their weights, and choose the option \
whose sum comes nearest to what is wanted. Give the text of that choice."""
    else:
        aimed = [f"{word} {name}" for word, name in words_told(aims)]
        how = """For each variable and attribute state a normal distribution (mean and \
deviation) of how well it serves this, use the mean as its score, multiply it by its weight, add \
up, and choose the option with the greatest sum. Give the number of that choice."""
    choices = "\n".join(numbered(scenario.choice_texts))
    wanted = f"Wanted is a decision with {', and '.join(aimed)}. " if aimed else ""
    return f"""{_situation(scenario)}

Model of the decision:
{json.dumps(model, ensure_ascii=False, indent=1)}
Facts that count: {json.dumps(list(facts), ensure_ascii=False)}

Choices:
{choices}

Task: {wanted}{how} Answer in JSON with the keys "{REASONING}", a few sentences, and "{ANSWER}"."""


def again(fault: str) -> str:
    """What follows a reply that could not be used."""
    return f"This reply cannot be used: {fault} Do the task again, in the form that it asks for."


def _situation(scenario: Scenario) -> str:
    return f"Situation:\n{described(scenario)}"


def _listed(texts: Sequence[str]) -> str:
    return json.dumps(list(texts), ensure_ascii=False)


# ---- Schemas. They bound every list and text, so that a reply ends. ----


def _text(most: int) -> JsonObject:
    return {"type": "string", "minLength": 1, "maxLength": most}


def _list(items: JsonObject, most: int, least: int = 1) -> JsonObject:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def _object(**parts: Json) -> JsonObject:
    return {
        "type": "object",
        "properties": parts,
        "required": list(parts),
        "additionalProperties": False,
    }


def variables_schema(limits: Limits = FULL) -> JsonObject:
    """The schema of a reply to `variables_prompt`."""
    return _object(**{VARIABLES: _list(_text(limits.variable), limits.variables, 1)})


def extraction_schema(limits: Limits = FULL) -> JsonObject:
    """The schema of a reply to `extraction_prompt`."""
    return _object(**{INFORMATION: _list(_text(limits.fact), limits.facts)})


def attribute_schema(variables: Sequence[str], *, fine: bool, limits: Limits = FULL) -> JsonObject:
    """The schema of a reply to `attribute_prompt`."""
    fact: dict[str, Json] = {
        "Attribute": _text(limits.attribute),
        "Value": _list(_text(limits.value), limits.values),
    }
    if fine:
        fact[SCORE] = {"type": "number", "enum": list(WEIGHTS)}
    names = list(dict.fromkeys([*variables, ENVIRONMENT]))
    facts = _list(_object(**fact), limits.attributes)
    one = _object(Variable={"type": "string", "enum": names}, Attribute=facts)
    return _object(**{ANALYSIS: _list(one, len(names))})


def filter_schema(limits: Limits = FULL) -> JsonObject:
    """The schema of a reply to `filter_prompt`."""
    weight: JsonObject = {"type": "number", "enum": list(WEIGHTS)}
    return _object(**{EXPLANATION: _text(limits.explanation), WEIGHT: weight})


def express_schema(limits: Limits = FULL) -> JsonObject:
    """The schema of a reply to `express_prompt`, in the structured form."""
    parts: dict[str, Json] = {key: _text(limits.part) for key in MODEL_KEYS}
    for key in MODEL_KEYS[1:3]:
        parts[key] = _list(_text(limits.entry), limits.entries, 0)
    return _object(**parts)


def last_schema(choices: int, *, fine: bool, limits: Limits = FULL) -> JsonObject:
    """The schema of a reply to `last_prompt`."""
    answer: JsonObject = {"type": "integer", "enum": list(range(choices))}
    answer = _text(limits.answer) if fine else answer
    return _object(**{REASONING: _text(limits.reasoning), ANSWER: answer})
