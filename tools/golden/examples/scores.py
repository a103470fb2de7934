"""Scores, comparisons and reasons of examples: cases of the comparative example builders."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from align_tui.core.errors import ExampleError
from align_tui.core.examples.answers import (
    MUCH,
    SLIGHT,
    Comparison,
    compared,
    integer_score,
    scores_of,
)
from align_tui.core.examples.example_set import Example, only_labelled, prepared
from align_tui.core.examples.reasons import (
    DEGREES,
    comparison_reason,
    grounds,
)
from align_tui.core.examples.score_answers import reason_per_choice_answer, shared_reason_answer
from align_tui.core.scenarios import Character, Choice, Scenario

from ..families.compare import values_differ
from .records import answers_of, examples_of, prepared_of, spec_of

DEGREE_WORDS = {"much": "much", "slight": "slightly", "plain": "none"}


def _compared(
    example: Example, given: Mapping[str, Any], *, as_reference: bool
) -> tuple[dict[int, int], Comparison | None]:
    factor = given["factor"]
    scores = scores_of(example.scenario, given["attribute"], factor, as_reference=as_reference)
    return scores, compared(scores, factor, as_reference=as_reference)


def _reason_differs(example: Example, found: Comparison) -> list[str]:
    """The sentence must name both choices, the greater one first, and the degree."""
    said, texts = comparison_reason(example, found, "this"), example.scenario.choice_texts
    first, second = said.find(f'"{texts[found.greater]}"'), said.rfind(f'"{texts[found.lesser]}"')
    fits = 0 <= first < second and (found.degree == "equal" or DEGREES[found.degree] in said)
    return [] if fits else [f"the sentence is {said!r}"]


def check_comparison(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of scores and their comparison in two choices.

    Equal scores are slightly different in align-system, and scores are cut; by default they are
    equal, and rounded, which is checked too.
    """
    try:
        examples = prepared_of(given)
    except ValidationError as error:
        return [] if expected.get("error") else [str(error)]
    if "error" in expected:
        return _refused(given, examples)
    differs = values_differ("number of examples", len(expected["examples"]), len(examples))
    for example, wanted in zip(examples, expected["examples"], strict=False):
        attribute, factor = given["attribute"], given["factor"]
        [shown] = only_labelled([example], attribute)
        body = shared_reason_answer(shown, attribute, "this", factor, as_reference=True) or {}
        ours = {text: each["score"] for text, each in body.items() if isinstance(each, Mapping)}
        listed = list(shown.scenario.choice_texts)
        differs += values_differ("scores", wanted["scores"], ours)
        differs += values_differ("choices", wanted["choices_listed_in_prompt"], listed)
        differs += values_differ("keys", wanted["answer_keys"], list(body))
        texts = example.scenario.choice_texts
        _, found = _compared(example, given, as_reference=True)
        if found is None:
            differs.append(f"nothing is compared, expected {wanted['greater']!r}")
            continue
        differs += values_differ("greater", wanted["greater"], texts[found.greater])
        differs += values_differ("lesser", wanted["lesser"], texts[found.lesser])
        differs += values_differ("degree", wanted["degree"], DEGREE_WORDS[found.degree])
        differs += _reason_differs(example, found) + _default_differs(example, given)
    return differs


def _default_differs(example: Example, given: Mapping[str, Any]) -> list[str]:
    """The differences from what this program does by default: it rounds, and says equal."""
    scores, found = _compared(example, given, as_reference=False)
    factor, labels = given["factor"], example.scenario.choices
    differs = [
        f"the label of choice {index} scores {score}"
        for index, score in scores.items()
        if abs(score - labels[index].labels[given["attribute"]] * factor) > 0.5 + 1e-9
    ]
    if found is None:
        return [*differs, "nothing is compared by default"]
    high, low = max(scores.values()), min(scores.values())
    gap = (high - low) * 100 / factor
    degree = (
        "equal" if not gap else "much" if gap >= MUCH else "slight" if gap <= SLIGHT else "plain"
    )
    differs += values_differ("default degree", degree, found.degree)
    differs += values_differ(
        "default order", (high, low), (scores[found.greater], scores[found.lesser])
    )
    return differs + _reason_differs(example, found)


def _refused(given: Mapping[str, Any], examples: Sequence[Example]) -> list[str]:
    """A case that align-system cannot take: ours is sound, or refuses what has no labels."""
    differs: list[str] = []
    for example in examples:
        scores, found = _compared(example, given, as_reference=False)
        if not scores:
            continue  # no label: the example is never shown
        if not all(0 <= score <= given["factor"] for score in scores.values()):
            differs.append(f"scores {scores}")
        if (found is None) != (len(scores) < 2):
            differs.append(f"{len(scores)} scores are compared as {found}")
    if not any(given["attribute"] in each.scenario.labelled for each in examples):
        differs += _selects_nothing(given, examples)
    return differs


def _selects_nothing(given: Mapping[str, Any], examples: Sequence[Example]) -> list[str]:
    """Examples without labels must be refused when they are asked for."""
    try:
        asyncio.run(answers_of(examples, spec_of({}, number=1), given["attribute"], 1.0))
    except ExampleError:
        return []
    return ["examples without labels are shown"]


def check_unknown_normalisation(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A normalisation that nobody knows must be refused."""
    try:
        spec_of(given["settings"])
    except ValidationError:
        return []
    return [f"expected {expected}, ours takes it"]


def check_scale(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of labels turned into whole scores, cut and rounded."""
    labels, factor = given["labels"], given["factor"]
    cut = [integer_score(each, factor, as_reference=True) for each in labels]
    ours = [integer_score(each, factor) for each in labels]
    wrong = [
        label
        for label, score in zip(labels, ours, strict=True)
        if abs(score - label * factor) > 0.5 + 1e-9
    ]
    differs = values_differ("scores", expected["integer_scores"], cut)
    return differs + values_differ("labels with a wrong rounded score", [], wrong)


def check_reason_per_choice(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of the score of each choice, and of what the reason for it rests on."""
    people = tuple(
        Character(
            each["id"],
            each["name"],
            each["unstructured"],
            {key: each[key] for key in ("intent", "directness_of_causality", "demographics")},
        )
        for each in given["characters"]
    )
    [example] = examples_of(given["records"])
    concerned = given["character_of_choice"]
    choices = tuple(
        Choice(each.text, each.labels, character=concerned[each.text] or "")
        for each in example.scenario.choices
    )
    scenario = Scenario("0", example.scenario.text, choices, characters=people)
    spec = spec_of({"sort_actions": True})
    [example] = prepared([Example(scenario)], spec.choice_order, spec.normalise)
    attribute, factor = given["attribute"], given["factor"]
    scores = scores_of(example.scenario, attribute, factor, as_reference=True)
    texts = example.scenario.choice_texts
    differs = values_differ(
        "choices", expected["choices_in_order"], [texts[index] for index in scores]
    )
    by_id = {each.id: each for each in people}
    body = reason_per_choice_answer(example, attribute, "this", factor, as_reference=True) or {}
    for index, score in scores.items():
        wanted = expected["answers"][texts[index]]
        person = by_id.get(example.scenario.choices[index].character)
        answer = body[texts[index]]
        assert isinstance(answer, Mapping)
        said = str(answer["reasoning"])
        differs += values_differ("keys", wanted["keys"], list(answer))
        differs += values_differ("score", wanted["score"], answer["score"])
        differs += values_differ("says the score", wanted["says_score"], f" {score} of " in said)
        has = "because" in said.casefold()
        differs += values_differ("gives a because", wanted["gives_a_because"], has)
        differs += _grounds_differ(attribute, score, person, factor, said, wanted)
    return differs


def _grounds_differ(
    attribute: str,
    score: int,
    person: Character | None,
    factor: int,
    said: str,
    wanted: Mapping[str, Any],
) -> list[str]:
    found = grounds(attribute, score, person, factor)
    ours = {
        "intent_shown": found.intent,
        "directness_shown": found.directness,
        "description_shown": found.description,
        "group_shown": found.group,
    }
    differs: list[str] = []
    for name, text in ours.items():
        if name in wanted:
            differs += values_differ(name, wanted[name], bool(text) and text in said)
    if "band" in wanted:
        band = found.outcome or "none"
        differs += values_differ("band", wanted["band"], band)
        differs += values_differ("in words", band != "none", f"do {band}" in said)
        second = "another treatment" in said or "left for others" in said
        differs += values_differ("second best", wanted["second_best"], second)
    return differs
