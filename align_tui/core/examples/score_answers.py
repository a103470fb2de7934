"""The answer of an example to a decision-maker that scores choices, in both forms of the field."""

from __future__ import annotations

from align_tui.core.examples.answers import compared, scores_of
from align_tui.core.examples.example_set import Example
from align_tui.core.examples.reasons import comparison_reason, score_reason
from align_tui.core.types import Json, JsonObject

REASONING, SCORE = "reasoning", "score"


def shared_reason_answer(
    example: Example,
    attribute: str,
    named: str,
    factor: int = 100,
    *,
    as_reference: bool = False,
) -> JsonObject | None:
    """`{"reasoning": ..., CHOICE: {"score": 0..factor}, ...}`; None without a label.

    The reason compares the choices by the attribute, which is called `named`; with one labelled
    choice it only says the score. (align-system's comparative regression of phase 2.)
    """
    scores = scores_of(example.scenario, attribute, factor, as_reference=as_reference)
    if not scores:
        return None
    found = compared(scores, factor, as_reference=as_reference)
    if found is not None:
        reason = comparison_reason(example, found, named)
    else:
        [(index, score)] = scores.items()
        reason = score_reason(example, index, attribute, named, score, factor)
    texts = example.scenario.choice_texts
    body: dict[str, Json] = {REASONING: reason}
    return body | {texts[index]: {SCORE: score} for index, score in scores.items()}


def reason_per_choice_answer(
    example: Example,
    attribute: str,
    named: str,
    factor: int = 100,
    *,
    as_reference: bool = False,
) -> JsonObject | None:
    """`{CHOICE: {"reasoning": ..., "score": 0..factor}, ...}`; None without a label.

    A reason is that of the file, which align-system leaves unused, or else one made of the facts
    of the choice's person. (align-system's comparative regression of phase 1.)
    """
    scores = scores_of(example.scenario, attribute, factor, as_reference=as_reference)
    texts = example.scenario.choice_texts
    found: dict[str, Json] = {}
    for index, score in scores.items():
        given = "" if as_reference else example.reason(index, attribute)
        made = score_reason(example, index, attribute, named, score, factor)
        found[texts[index]] = {REASONING: given or made, SCORE: score}
    return found or None
