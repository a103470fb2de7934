"""schemas: what align-system's reply schemas ask for, and which answers its patterns accept.

Ours may ask for more (a text of at least one character, a greatest length), never for less. The
order of required keys and whether other keys are refused are not compared. The set's README calls
this family informative. Not known here: follow-up questions (`which_...`: the person, treatment,
tag or aid of an action that the model chose without them), since a choice of ours says all of it;
and `decision_flow`, whose replies have another form here (docs/decision-makers.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema

from align_tui.adms.direct_regression import LOWEST
from align_tui.adms.rating.params import defined
from align_tui.adms.relevance.most_relevant import schema_of as most_relevant_schema
from align_tui.adms.reply import read_object
from align_tui.config.attributes import load_attributes
from align_tui.core.attributes import Attribute, ScoreRange
from align_tui.core.errors import AlignError
from align_tui.core.rating_replies import (
    one_score_schema,
    outcomes_schema,
    read_score,
    read_scores,
    relevance_schema,
    scores_schema,
)
from align_tui.core.replies import decision_schema
from align_tui.core.strict_json import read_json

from ..families import Check
from ..families.compare import values_differ
from .rating_cases import attribute

LIMITS = ("minLength", "maxLength", "minimum", "maximum")
MAX_CHARS = 512


def facts_differ(schema: Any, expected: Mapping[str, Any]) -> list[str]:
    """The differences of our schema from the facts of a case."""
    ours = dict(_facts(schema, ""))
    wanted = {each["at"].removeprefix("(top)"): each for each in expected["facts"]}
    differs = values_differ("places", sorted(wanted), sorted(ours))
    for place, facts in wanted.items():
        found = ours.get(place, {})
        differs += values_differ(f"type at {place}", facts["type"], found.get("type"))
        if "properties_in_order" in facts:
            properties = list(found.get("properties", ()))
            differs += values_differ(f"keys at {place}", facts["properties_in_order"], properties)
            required = sorted(set(facts["required_in_order"]))
            differs += values_differ(
                f"required at {place}", required, sorted(found.get("required", ()))
            )
        differs += values_differ(f"enum at {place}", facts.get("enum"), found.get("enum"))
        for limit in LIMITS:
            if limit in facts:
                differs += values_differ(f"{limit} at {place}", facts[limit], found.get(limit))
    return differs


def _facts(schema: Mapping[str, Any], place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield place, schema
    for name, part in schema.get("properties", {}).items():
        yield from _facts(part, f"{place}/{name}")


def _factor(given: Mapping[str, Any]) -> int:
    return int(given["factor_lookup"].get(given["attribute"], given["default_factor"]))


def check_choice(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A choice with its reasons: our names for the two keys differ."""
    most = given["reasoning_max_length"]
    schema = decision_schema(given["choices"], "before", most if most > 0 else MAX_CHARS)
    names = {"reasoning": "detailed_reasoning", "choice": "action_choice"}
    parts: Any = schema["properties"]
    renamed = {names[key]: part for key, part in parts.items()}
    told = {"type": "object", "properties": renamed, "required": list(renamed)}
    return facts_differ(told, expected)


def check_reason_per_choice(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A reason and a score for each choice."""
    scored = attribute("a", factor=_factor(given))
    schema = scores_schema(given["choices"], scored, reasons="per_choice")
    return facts_differ(schema, expected)


def check_shared_reason(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """One reason before the scores; a length of 0 or less sets no limit there."""
    most = given["reasoning_max_length"]
    scored = attribute("a", factor=_factor(given))
    schema = scores_schema(given["choices"], scored, max_chars=most if most > 0 else MAX_CHARS)
    return facts_differ(schema, expected)


def check_listed(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Scores that are limited to a list."""
    scores = tuple(given["listed_scores"])
    scored = attribute("a", factor=max(scores), valid_scores=scores)
    schema = scores_schema(given["choices"], scored, reasons="per_choice", listed=True)
    return facts_differ(schema, expected)


def check_relevance(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Whether an attribute matters to each choice."""
    return facts_differ(relevance_schema(given["choices"]), expected)


def check_most_relevant(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The name of the attribute that matters most."""
    return facts_differ(most_relevant_schema(given["attribute_names"]), expected)


def check_outcomes(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The outcome of each choice."""
    return facts_differ(outcomes_schema(given["choices"]), expected)


def check_one_outcome(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The outcome of one choice, which is a part of our reply about all."""
    parts: Any = outcomes_schema(["one"])["properties"]
    return facts_differ(parts["one"], expected)


def check_one_score(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The score of one choice; ours is limited to the attribute's factor."""
    return facts_differ(one_score_schema(attribute("a", factor=10)), expected)


def check_direct(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The score of one person between two bounds."""
    valid = ScoreRange(given["min_value"], given["max_value"])
    scored = attribute("a", factor=given["max_value"], valid_scores=valid)
    schema = one_score_schema(scored, max_chars=given["max_reasoning_length"])
    return facts_differ(schema, expected)


def _of_pack(name: str) -> Attribute:
    return defined([name], load_attributes())[0]


def check_configured_comparative(
    given: Mapping[str, Any], expected: Mapping[str, Any]
) -> list[str]:
    """The schema for an attribute of the shipped packs; one that none defines is refused."""
    try:
        scored = _of_pack(given["attribute_name"])
    except AlignError:
        return [] if "error" in expected else ["no pack defines the attribute"]
    if "error" in expected:
        return ["expected an error, and there was none"]
    shared = given["configuration"].startswith("phase2")
    schema = scores_schema(given["choices"], scored, reasons="shared" if shared else "per_choice")
    return facts_differ(schema, expected)


def check_configured_direct(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The schema for one person and an attribute of the shipped packs."""
    name = given["attribute"]
    return facts_differ(one_score_schema(_of_pack(name), lowest=LOWEST.get(name)), expected)


def check_pattern_direct(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Which answers we read: those that are JSON and fit the schema.

    align-system's pattern also takes `07` and a bare line break, and refuses an escaped quote,
    other blanks and another order of the keys.
    """
    scored = attribute("a")
    schema = one_score_schema(scored, max_chars=given["max_reasoning_length"])
    return _accepted_differ(given, schema, lambda body: read_score(body, scored))


def check_pattern_comparative(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The same for a reply about all choices."""
    scored, choices = attribute("a"), given["choices"]
    return _accepted_differ(
        given, scores_schema(choices, scored), lambda body: read_scores(body, choices, scored)
    )


def _accepted_differ(given: Mapping[str, Any], schema: Any, read: Any) -> list[str]:
    """Our reader takes an answer if and only if it is JSON that fits our schema.

    It is lenient about the reasons alone: a score without them can still be used.
    """
    lenient = _without_reasons(schema)
    differs = []
    for answer in given["answers"]:
        try:
            read_object(answer, read)
            ours = True
        except AlignError:
            ours = False
        differs += values_differ(f"accepts {answer!r}", _fits(answer, lenient), ours)
    return differs


def _without_reasons(schema: Any) -> Any:
    properties = {name: part for name, part in schema["properties"].items() if name != "reasoning"}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


def _fits(answer: str, schema: Any) -> bool:
    try:
        jsonschema.validate(read_json(answer), schema)
    except (ValueError, jsonschema.ValidationError):
        return False
    return True


def check_other_factor(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A pattern for another factor than 100 is an error there; our schema has any factor."""
    factor = given["factor"] or 100
    schema = one_score_schema(attribute("a", factor=factor))
    return facts_differ(
        schema,
        {
            "facts": [
                {
                    "at": "(top)",
                    "type": "object",
                    "properties_in_order": ["reasoning", "score"],
                    "required_in_order": ["reasoning", "score"],
                },
                {"at": "/reasoning", "type": "string"},
                {"at": "/score", "type": "integer", "minimum": 0, "maximum": factor},
            ]
        },
    )


KINDS: Mapping[str, Check] = {
    "choice_with_reasoning": check_choice,
    "scores_with_reason_per_choice": check_reason_per_choice,
    "scores_with_shared_reason": check_shared_reason,
    "listed_scores": check_listed,
    "relevant_yes_no": check_relevance,
    "most_relevant_attribute": check_most_relevant,
    "outcome_per_choice": check_outcomes,
    "one_outcome": check_one_outcome,
    "one_score": check_one_score,
    "direct_score": check_direct,
    "configured_comparative": check_configured_comparative,
    "configured_direct": check_configured_direct,
    "pattern_direct": check_pattern_direct,
    "pattern_comparative": check_pattern_comparative,
    "pattern_other_factor": check_other_factor,
}
