"""JSON replies in which a model rates choices: their schemas, and how they are read.

The field names are those of align-system: `reasoning`, `score`, `predicted_outcome`, `relevant`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from align_tui.core.attributes import Attribute
from align_tui.core.replies import REASONING
from align_tui.core.text.repair import storable
from align_tui.core.types import Json, JsonObject

SCORE, OUTCOME, RELEVANT = "score", "predicted_outcome", "relevant"
YES, NO = "yes", "no"
Reasons = Literal["shared", "per_choice", "none"]
"""Where a reply gives its reasons: once before all scores, with each score, or nowhere."""
LONGEST_KEY = 300
MAX_OUTCOME_CHARS = 512


@dataclass(frozen=True, slots=True)
class Scored:
    """A score as the model wrote it (0..factor), and its reason ('' if it gave none)."""

    score: int
    reason: str


def keys_of(texts: Sequence[str]) -> tuple[str, ...]:
    """The names of the choices in a reply: their texts, or `Choice 1`, `Choice 2`, ...

    Numbers stand in if a text is longer than `LONGEST_KEY` characters or is the name of another
    field of the reply (align-system then loses the choice or the reasoning).
    """
    if all(0 < len(text) <= LONGEST_KEY and text != REASONING for text in texts):
        return tuple(texts)
    return tuple(f"Choice {number}" for number in range(1, len(texts) + 1))


def score_schema(attribute: Attribute, *, listed: bool, lowest: int | None = None) -> JsonObject:
    """The schema of one score; with `listed` it is one of the attribute's valid scores.

    `lowest` raises the least score.
    """
    least, greatest = attribute.bounds
    least = max(least, lowest) if lowest is not None else least
    if listed:
        scores = [score for score in attribute.listed_scores if score >= least]
        return {"type": "integer", "enum": scores}
    return {"type": "integer", "minimum": least, "maximum": greatest}


def scores_schema(
    keys: Sequence[str],
    attribute: Attribute,
    *,
    reasons: Reasons = "shared",
    max_chars: int = 512,
    listed: bool = False,
) -> JsonObject:
    """The schema of a reply that scores all choices, which stand in it in the order of `keys`."""
    score: dict[str, Json] = {SCORE: score_schema(attribute, listed=listed)}
    reason: dict[str, Json] = {REASONING: _text(max_chars)}
    each = _object({**reason, **score} if reasons == "per_choice" else score)
    first: dict[str, Json] = reason if reasons == "shared" else {}
    return _object({**first, **dict.fromkeys(keys, each)})


def one_score_schema(
    attribute: Attribute, *, lowest: int | None = None, max_chars: int = 512, listed: bool = False
) -> JsonObject:
    """The schema of a reply that gives a reason and one score."""
    score = score_schema(attribute, listed=listed, lowest=lowest)
    return _object({REASONING: _text(max_chars), SCORE: score})


def outcomes_schema(keys: Sequence[str]) -> JsonObject:
    """The schema of a reply that foresees the outcome of each choice."""
    return _object(dict.fromkeys(keys, _object({OUTCOME: _text(MAX_OUTCOME_CHARS)})))


def relevance_schema(keys: Sequence[str], max_chars: int = 512) -> JsonObject:
    """The schema of a reply that says for each choice whether an attribute matters to it."""
    yes_or_no: Json = {"type": "string", "enum": [YES, NO]}
    each = _object({REASONING: _text(max_chars), RELEVANT: yes_or_no})
    return _object(dict.fromkeys(keys, each))


def _text(max_chars: int) -> JsonObject:
    return {"type": "string", "minLength": min(1, max_chars), "maxLength": max_chars}


def _object(properties: Mapping[str, Json]) -> JsonObject:
    """An object with exactly these properties; a model writes them in this order."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def read_scores(body: JsonObject, keys: Sequence[str], attribute: Attribute) -> tuple[Scored, ...]:
    """The scores of the choices, in the order of `keys`.

    A choice without a reason of its own has the reply's. Raises KeyError, TypeError or ValueError
    if a choice has no score, or one outside the attribute's bounds.
    """
    shared = reason_of(body)
    found = []
    for key in keys:
        each = _part(body, key)
        own = reason_of(each)
        found.append(Scored(read_score(each, attribute), own or shared))
    return tuple(found)


def read_score(body: JsonObject, attribute: Attribute) -> int:
    """The score of a reply or of one choice in it. Raises as `read_scores` does."""
    score = body[SCORE]
    if isinstance(score, float) and score.is_integer():
        score = int(score)
    if not isinstance(score, int) or isinstance(score, bool):
        raise TypeError(f"the score {score!r} is not a whole number")
    greatest = attribute.bounds[1]
    if not 0 <= score <= greatest:
        raise ValueError(f"the score {score} is not from 0 to {greatest}")
    return score


def read_outcomes(body: JsonObject, keys: Sequence[str]) -> tuple[str, ...]:
    """The outcome of each choice, in the order of `keys`. Raises KeyError or TypeError."""
    return tuple(_said(_part(body, key), OUTCOME) for key in keys)


def read_relevance(body: JsonObject, keys: Sequence[str]) -> tuple[tuple[bool, str], ...]:
    """(does it matter, why) for each choice, in the order of `keys`.

    Raises KeyError, TypeError or ValueError.
    """
    found = []
    for key in keys:
        each = _part(body, key)
        answer = _said(each, RELEVANT)
        if answer not in (YES, NO):
            raise ValueError(f"{answer[:40]!r} is neither {YES!r} nor {NO!r}")
        found.append((answer == YES, reason_of(each)))
    return tuple(found)


def _part(body: JsonObject, key: str) -> JsonObject:
    if key not in body:
        raise KeyError(f"nothing about {key[:60]!r}")
    each = body[key]
    if not isinstance(each, Mapping):
        raise TypeError(f"what it says of {key[:60]!r} is not an object")
    return each


def _said(body: JsonObject, field: str) -> str:
    found = body[field]
    if not isinstance(found, str):
        raise TypeError(f"{field} is not text")
    return storable(found).strip()


def reason_of(body: JsonObject) -> str:
    """The `reasoning` of a reply or of one choice in it; '' if it has none."""
    found = body.get(REASONING, "")
    return storable(found).strip() if isinstance(found, str) else ""
