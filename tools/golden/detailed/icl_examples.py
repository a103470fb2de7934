"""icl_examples: the example builders of align-system's incontext_utils and icl_adm_component."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from align_tui.adms import baseline, prompt_aligned
from align_tui.adms.examples import Picked, written
from align_tui.config.examples import ExamplesSpec
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.errors import ExampleError
from align_tui.core.examples.answers import (
    example_targets,
    relevant_choices,
)
from align_tui.core.examples.example_set import Example, ExampleSet, prepared
from align_tui.core.examples.reasons import (
    direction_of,
)
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import Target

from ..examples.records import answers_of, examples_of, spec_of
from ..examples.scores import (
    check_comparison,
    check_reason_per_choice,
    check_scale,
    check_unknown_normalisation,
)
from ..families import Check
from ..families.compare import values_differ
from ..scripted_decision import ScriptedLlm


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
        answers_of(examples_of(given["records"]), spec, given["attribute"], given["target"])
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
    [(body, each)] = asyncio.run(answers_of(examples, spec, "x", 1.0))
    return values_differ("choice", "b" if each.example.scenario.key == "1" else "a", body["choice"])


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
