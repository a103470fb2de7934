"""icl_examples: the example builders of align-system's incontext_utils and icl_adm_component."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from align_tui.adms import baseline, prompt_aligned
from align_tui.adms.decision_examples import DecisionExamples
from align_tui.adms.examples import Picked, written
from align_tui.config.adm_params import Reasoned
from align_tui.config.examples import ExamplesSpec
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.errors import ExampleError
from align_tui.core.examples.answers import (
    MUCH,
    SLIGHT,
    Comparison,
    compared,
    example_targets,
    integer_score,
    relevant_choices,
    scores_of,
)
from align_tui.core.examples.example_set import Example, ExampleSet, only_labelled, prepared
from align_tui.core.examples.reasons import (
    DEGREES,
    comparison_reason,
    direction_of,
    grounds,
)
from align_tui.core.examples.score_answers import reason_per_choice_answer, shared_reason_answer
from align_tui.core.scenarios import Character, Choice, Scenario
from align_tui.core.targets import Target
from align_tui.core.types import JsonObject

from ..families import Check
from ..families.compare import values_differ
from ..script import ScriptedLlm

ORDERS = {
    (False, "fixed"): "given",
    (True, "fixed"): "sorted",
    (False, "swapped"): "reversed",
    (True, "swapped"): "reversed",
}
NORMALISE = {None: "none", "rawscores": "none", "globalnorm": "attribute", "localnorm": "scenario"}
DEGREE_WORDS = {"much": "much", "slight": "slightly", "plain": "none"}


def examples_of(records: Sequence[Mapping[str, Any]]) -> tuple[Example, ...]:
    """The records of a case as examples, with the reasons that they give."""
    found = []
    for number, record in enumerate(records):
        labels, reasons = record["labels"], record.get("reasons", [])
        choices = tuple(
            Choice(text, label) for text, label in zip(record["choices"], labels, strict=True)
        )
        scenario = Scenario(f"{number}", record["scene"], choices)
        found.append(Example(scenario, tuple(reasons)))
    return tuple(found)


def spec_of(settings: Mapping[str, Any], **more: Any) -> ExamplesSpec:
    """`[examples]` with align-system's settings; ValidationError for one that it cannot say."""
    order = (settings.get("sort_actions", True), settings.get("choice_order", "fixed"))
    normalise = settings.get("normalization")
    table = {
        "scenarios": "case",
        "choice_order": ORDERS[order],
        "normalise": NORMALISE.get(normalise, normalise),
        "leave_out": "none",
        **more,
    }
    return ExamplesSpec.model_validate(table)


def prepared_of(given: Mapping[str, Any]) -> tuple[Example, ...]:
    """The records of a case as this program prepares them by the case's settings."""
    spec = spec_of(given["settings"])
    return prepared(examples_of(given["records"]), spec.choice_order, spec.normalise)


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
        asyncio.run(_answers(examples, spec_of({}, number=1), given["attribute"], 1.0))
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


async def _answers(
    examples: Sequence[Example],
    spec: ExamplesSpec,
    attribute: str,
    target: float,
    reasoning: str = "before",
) -> list[tuple[JsonObject, Picked]]:
    """What this program's decision-makers answer for each of the examples, in their order."""
    spec = spec.with_set(ExampleSet(tuple(examples)))
    profile = Profile.model_validate({"name": "case", "adm": {"kind": "baseline"}})
    profile = profile.model_copy(update={"examples": spec})
    params = Reasoned.model_validate({"kind": "baseline", "reasoning": reasoning})
    maker = DecisionExamples(profile, params, Attributes(), lambda scenario: scenario.text)
    answer = maker.answer((Target(attribute, target),))
    assert maker.examples is not None
    scenario = Scenario("case", "the scene", ())
    picked = await maker.examples.pick(scenario, ScriptedLlm([]), answer, attribute)
    return [(body, each) for each in picked if (body := answer(each.example)) is not None]


def check_nearest(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of the choice that is nearest to the target, and of the reason for it."""
    spec = spec_of(
        given["settings"],
        number=len(given["records"]),
        method="actions",
        similarity="words",
        most_similar="first",
        as_reference=True,
    )
    found = asyncio.run(
        _answers(examples_of(given["records"]), spec, given["attribute"], given["target"])
    )
    found.sort(key=lambda pair: int(pair[1].example.scenario.key))
    differs = values_differ("number of examples", len(expected["examples"]), len(found))
    word = direction_of(Target(given["attribute"], given["target"]), as_reference=True)
    for (body, each), wanted in zip(found, expected["examples"], strict=False):
        texts = list(each.example.scenario.choice_texts)
        differs += values_differ("choice", wanted["choice"], body["choice"])
        differs += values_differ("choices", wanted["choices_in_prompt"], texts)
        differs += values_differ("keys", len(wanted["answer_keys"]), len(body))
        differs += values_differ("first key", "reasoning", next(iter(body)))
        said = str(body["reasoning"])
        if wanted["reason_from_file"] is not None:
            differs += values_differ("reason", wanted["reason_from_file"], said)
        else:
            differs += values_differ("direction", wanted["direction_word"], word)
            if not said or f" {word} " not in said:
                differs.append(f"the reason {said!r} does not say {word!r}")
    return differs


def check_target_type(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """A number is taken; without a target the highest label is, which align-system refuses."""
    value = given["target"]
    targets = (Target("x", float(value)),) if isinstance(value, (int, float)) else ()
    [found] = example_targets(targets, ("x",))
    wanted = float(value) if expected.get("ok") else 1.0
    return values_differ("target", wanted, found.value)


def check_nearest_with_matching(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Matching raises a KeyError in align-system: its examples have no actions. Here it works."""
    choices = tuple(Choice(t, {"x": v}, t.upper(), t) for t, v in (("a", 0.1), ("b", 0.9)))
    examples = [Example(Scenario(str(n), f"scene {n}", choices[: n + 1] * (2 - n))) for n in (0, 1)]
    method = "actions" if given["method"] == "matching_actions" else "characters"
    spec = spec_of({}, number=1, method=method).with_set(ExampleSet(tuple(examples)))
    [(body, each)] = asyncio.run(_answers(examples, spec, "x", 1.0))
    return values_differ("choice", "b" if each.example.scenario.key == "1" else "a", body["choice"])


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


def check_relevance(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of yes and no for each choice, with the examples of all attributes."""
    pooled = [
        example
        for records in given["records_per_attribute"].values()
        for example in prepared(examples_of(records), "sorted", "none")
    ]
    differs: list[str] = []
    for attribute, wanted in expected["examples"].items():
        ours = {
            each.scenario.text: {
                text: "yes" if is_relevant else "no"
                for text, is_relevant in zip(
                    each.scenario.choice_texts,
                    relevant_choices(each.scenario, attribute),
                    strict=True,
                )
            }
            for each in pooled
        }
        differs += values_differ(
            f"relevance of {attribute}", {one["scene"]: one["answers"] for one in wanted}, ours
        )
    return differs


def check_step(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of which attributes have examples, by which value, and of their turns."""
    targets = tuple(
        Target(name, float(value)) for name, value in given["targets"].items() if value is not None
    )
    names = given["attribute_override"] or ["*"]
    # A target without a value cannot be one here: the attribute is named beside the targets.
    named = [each for name in names for each in (given["targets"] if name == "*" else [name])]
    found = example_targets(targets, named)
    differs = values_differ(
        "attributes", expected["attributes_in_order"], [each.attribute for each in found]
    )
    values = {each.attribute: each.value for each in found}
    differs += values_differ("targets", expected["target_value_per_attribute"], values)
    for each in found:
        turns = expected["turns"].get(each.attribute, [])
        prompts = [text for role, text in turns if role == "user"]
        picked = [
            Picked(Example(Scenario(str(i), text, ())), text, 0.5) for i, text in enumerate(prompts)
        ]
        ours = written(
            picked,
            lambda example: {"s": int(example.scenario.key)},
            attribute=each.attribute,
            as_reference=True,
        )
        differs += values_differ("turns", turns, [[one.role, one.content] for one in ours.messages])
        fields = {"prompt": ours.used[0].prompt, "response": ours.used[0].response} if turns else {}
        differs += values_differ("fields", True, all(fields.values()))
    return differs


CHOICES = (Choice("Treat Bo", {"x": 0.2, "y": 0.9}), Choice("Treat Ivo", {"x": 0.9, "y": 0.1}))
DEFINED = Attributes({n: Attribute(n, n, n, f"high {n}", f"low {n}") for n in ("x", "y")})


def _decided(kind: str, target: Mapping[str, float]) -> list[list[tuple[str, str]]]:
    """The turns of all requests that a few-shot decision-maker makes for one scenario."""
    examples = tuple(Example(Scenario(str(n), f"scene {n}", CHOICES)) for n in range(2))
    spec = ExamplesSpec.model_validate({"scenarios": "case", "number": 2})
    more = {"n_negative": 1} if kind == "prompt_aligned" else {}
    table = {
        "name": "case",
        "adm": {"kind": kind, "probabilities": False, **more},
        "target": [{"attribute": name, "value": value} for name, value in target.items()],
    }
    profile = Profile.model_validate(table)
    profile = profile.model_copy(update={"examples": spec.with_set(ExampleSet(examples))})
    llm = ScriptedLlm(['{"reasoning":"r","choice":"Treat Bo"}'] * 2)
    maker: Any = prompt_aligned if kind == "prompt_aligned" else baseline
    adm = maker.make(profile, profile.adm, DEFINED)
    asyncio.run(adm(Scenario("case", "the scene", CHOICES), profile.target, llm))
    return [[(one.role, one.content) for one in messages] for messages in llm.asked]


def check_positive_negative(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The differences of the turns under the target and under its opposite."""
    wanted = float(given["target"])
    target = Target("x", wanted)
    value = target.opposite.number
    assert value is not None
    differs = values_differ("positive target", expected["positive_target"], wanted)
    differs += values_differ("negative target", expected["negative_target"], value)
    if target.direction == "middle":
        return differs  # the prompt cannot state a middle target in high and low
    for which, asked, own in zip(
        ("positive", "negative"), _decided("prompt_aligned", {"x": wanted}),
        (wanted, value), strict=True,
    ):  # fmt: skip
        turns = [content for role, content in asked if role != "system"][:-1]
        differs += values_differ(f"{which} turns", expected[f"{which}_turns"], len(turns))
        nearest = min(CHOICES, key=lambda choice: abs(choice.labels["x"] - own))
        wrong = [text for text in turns[1::2] if f'"choice":"{nearest.text}"' not in text]
        differs += values_differ(f"{which} answers that are not nearest", [], wrong)
    return differs


def check_step_refusals(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """align-system cannot take these. Here several attributes work, and no target is refused."""
    if given["what"].startswith("two_attributes"):
        asked = _decided("prompt_aligned", {"x": 0.9, "y": 0.1})
        return values_differ("requests with examples", [6, 6], [len(each) for each in asked])
    try:
        _decided("baseline", {})
    except ExampleError:
        return []
    return [f"examples are shown without a target; expected {expected}"]


KINDS: Mapping[str, Check] = {
    "two_choices": check_comparison,
    "degree_words": check_comparison,
    "edge": check_comparison,
    "normalisation": check_comparison,
    "normalisation_all_equal": check_comparison,
    "normalisation_no_label": check_comparison,
    "normalisation_unknown": check_unknown_normalisation,
    "label_to_integer_score": check_scale,
    "nearest_label": check_nearest,
    "nearest_label_target_type": check_target_type,
    "nearest_label_with_matching": check_nearest_with_matching,
    "reason_per_choice": check_reason_per_choice,
    "relevance": check_relevance,
    "examples_step": check_step,
    "examples_step_positive_negative": check_positive_negative,
    "examples_step_refusals": check_step_refusals,
}
