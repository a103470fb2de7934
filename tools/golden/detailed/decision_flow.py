"""decision_flow: the steps of `decision_flow_adm`, through ours with a scripted model.

The oddities marked C in reference-oddities.md (24) stand for ours: a last step that gives no usable
reply is an error, as in every step; the answer "1" means the choice of that number; and an answer
that may mean several choices is asked again, whatever their order.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

from align_tui.adms.flow import prompts, steps
from align_tui.adms.flow.asking import Asker
from align_tui.adms.flow.steps import Form
from align_tui.core.attributes import Attribute, Attributes
from align_tui.core.decision_flow import (
    DEFAULT_OBJECTIVE,
    Aim,
    aims_of,
    facts_for_last_step,
    objective_of,
)
from align_tui.core.errors import ReplyError
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import Target

from ..families import Check
from ..families.compare import values_differ
from ..scripted_decision import ScriptedLlm

T = TypeVar("T")
SCENARIO = Scenario("golden", "What now?", (Choice("A"), Choice("B")))
REPLIES = {"variables": prompts.VARIABLES, "information": prompts.INFORMATION}
"""Our key of a step's reply by align-system's."""


def form_of(attempts: int = 1, *, fine: bool = False) -> Form:
    """A form with the same attempts for every step."""
    return Form(fine, attempts, attempts, attempts)


def run(work: Awaitable[T]) -> T:
    """The result of a step; a group of errors becomes its first one."""

    async def one() -> T:
        return await work

    try:
        return asyncio.run(one())
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from group


def known(names: Sequence[str]) -> Attributes:
    """Definitions of attributes that are displayed as `NAME focus`, as in the vectors."""
    return Attributes(
        {n: Attribute(n, f"{n} focus", f"About {n}.", f"Much {n}.", f"No {n}.") for n in names}
    )


def aims_for(targets: Sequence[Mapping[str, Any]] | None, names: Sequence[str]) -> tuple[Aim, ...]:
    """The aims of targets, some without a value, or of all the names without targets."""
    if targets is None:
        return aims_of((), known(names), names)
    found = []
    for each in targets:
        given = (Target(each["kdma"], float(each["value"])),) if "value" in each else ()
        (aim,) = aims_of(given, known([each["kdma"]]), [each["kdma"]])
        found.append(aim if given else Aim(aim.attribute, aim.name, "", "", ""))
    return tuple(found)


def check_retries(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """How often a step is asked, and that it fails after its last attempt."""
    key = REPLIES[given["step"]]
    step = {"variables": steps.variables, "information": steps.extraction}[given["step"]]
    replies = [{key: a[given["step"]]} if _is_reply(a) else a for a in given["answers"]]
    llm = ScriptedLlm(replies)
    try:
        found: Any = run(step(Asker(llm, ""), SCENARIO, form_of(given["max_json_retries"])))
    except ReplyError:
        found = ReplyError
    wanted = ReplyError if "error" in expected else expected["result"]
    return [
        *values_differ("result", wanted, found),
        *values_differ("calls", expected["engine_calls"], len(llm.asked)),
    ]


def _is_reply(answer: Any) -> bool:
    return isinstance(answer, dict)


def check_target_word(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """What the attribute step says about each target, and its results by name."""
    aims = aims_for(given["targets"], given["known_attributes"])
    fine = given["fine_grained"]
    llm = ScriptedLlm([{prompts.ANALYSIS: ["v"]}] * len(aims))
    result = run(
        steps.attribute(Asker(llm, ""), SCENARIO, form_of(fine=fine), aims, ["x"], ["fact"])
    )
    found: list[str] = values_differ("asked", len(expected["asked"]), len(llm.asked))
    for turns, wanted in zip(llm.asked, expected["asked"], strict=False):
        task = turns[-1].content.partition("Task:")[2]
        found += values_differ("name", True, wanted["attribute_name"] in task)
        if fine:
            at = re.findall(r"should be at ([0-9.]+) from 0 to 1", task)
            value = wanted["target_value"]
            found += values_differ("value", [] if value is None else [value], list(map(float, at)))
        else:
            words = re.findall(r" is (high|low), with", task)
            found += values_differ("word", [wanted["word"]], words)
    return [*found, *values_differ("result", expected["result"], result)]


def check_filter(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Which attributes are asked about, and the weighted facts."""
    aims = tuple(
        Aim(name, given["display_names"][name], "", "", "") for name in given["target_attributes"]
    )
    weights = given["weights_answered"]
    llm = _Weighing(weights)
    found = run(
        steps.filter_facts(Asker(llm, ""), SCENARIO, form_of(), aims, given["attribute_analysis"])
    )
    ours = {
        name: [{key: v for key, v in pair.items() if key != "Explanation"} for pair in pairs]
        for name, pairs in found.items()
    }
    return [
        *values_differ("pairs", expected["weighted_pairs"], ours),
        *values_differ("asked about", expected["attributes_asked_about"], sorted(llm.named)),
    ]


class _Weighing(ScriptedLlm):
    """Answers each question of the filter with the weight of the attribute that it names."""

    def __init__(self, weights: Mapping[str, Any]) -> None:
        super().__init__([])
        self.weights = weights
        self.named: list[str] = []

    async def generate(self, messages: Any, *others: Any, **named: Any) -> Any:
        """The weight of the attribute that the prompt names."""
        (name,) = re.findall(r'How much does "(.*?)" matter', messages[-1].content)
        self.named.append(name)
        reply = {prompts.EXPLANATION: f"e {name}", prompts.WEIGHT: self.weights[name]}
        self.replies.append(reply)
        return await super().generate(messages, *others, **named)


def check_objective(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The facts that are kept, and the terms of the sum."""
    objective = objective_of(given["weighted_pairs"], given["threshold"])
    text = objective["objective_function"]
    terms = [
        {"weight": float(weight), "attribute": attribute, "variable": variable}
        for weight, attribute, variable in re.findall(r"([0-9.]+) \* (.*?)\((.*?)\)", text)
    ]
    kept = [
        {key: value for key, value in pair.items() if key not in ("Value", "Explanation")}
        for pair in objective["filtered_pairs"]
    ]
    return [
        *values_differ("kept", expected["kept_pairs"], kept),
        *values_differ("terms", expected.get("terms_in_formula", []), terms),
        *values_differ("placeholder", expected["placeholder_formula"], text == DEFAULT_OBJECTIVE),
        *values_differ("fields", expected.get("fields", list(objective)), list(objective)),
        *values_differ("threshold", given["threshold"], objective["weight_threshold_used"]),
    ]


def check_structure(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """What the model of the decision is written from, in both forms."""
    names = {name.removesuffix(" focus"): name for name in given["filter_keys"]}
    focus = known(list(given["targets"]))
    targets = tuple(Target(name, value) for name, value in given["targets"].items())
    word_of = {aim.attribute: aim.word for aim in aims_of(targets, focus)}
    kept = tuple(Aim(name, shown, "", "", "") for name, shown in names.items())
    inputs = (given["variables"] or [], given["information"], given["attribute_analysis"])
    found = steps.structure_for(form_of(), kept, *inputs, given["objective"])
    fine = steps.structure_for(form_of(fine=True), kept, *inputs, given["objective"])
    wanted, wanted_fine = expected["structured"], expected["unstructured"]
    objective = found["objective_function"]
    return [
        *values_differ("variables", wanted["variables"], found["variables"]),
        *values_differ(
            "objective",
            wanted["objective_function"],
            "DEFAULT" if objective == DEFAULT_OBJECTIVE else objective,
        ),
        *values_differ("attribute", wanted["attribute"], found["attribute"]),
        *values_differ("constraints", wanted["constraints"], found["constraints"]),
        *values_differ("kept facts", wanted_fine["attribute"], fine["attribute"]),
        *values_differ("fine constraints", wanted_fine["constraints"], fine["constraints"]),
        *values_differ("focus", wanted_fine["focus"], word_of),
        *values_differ(
            "default objective",
            wanted_fine["objective_is_default"],
            fine["objective_function"] == DEFAULT_OBJECTIVE,
        ),
    ]


def last_step(
    choices: Sequence[str], answers: Sequence[Any], aims: tuple[Aim, ...] = (), *, fine: bool
) -> tuple[int | None, str, ScriptedLlm]:
    """The last step's choice (None if it fails) and reasoning, asked once for each answer."""
    llm = ScriptedLlm(answers)
    scenario = Scenario("golden", "What now?", tuple(map(Choice, choices)))
    form = form_of(len(answers), fine=fine)
    try:
        index, reasoning = run(steps.math_reason(Asker(llm, ""), scenario, form, aims, {}, []))
    except ReplyError:
        return None, "", llm
    return index, reasoning, llm


def check_answer_index(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The choice of an answer by number; anything but a number of a choice means the first."""
    index, reasoning, _ = last_step(given["choices"], [given["answer"]], fine=False)
    return [
        *values_differ("choice", expected["action_index"], index),
        *values_differ("reasoning used", expected["reasoning_used"], reasoning == "r"),
    ]


def check_answer_text(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The choice of an answer by text.

    An answer that may mean several choices, or is no text, is refused here (oddity 24).
    """
    choices, answer = given["choices"], given["answer"]
    reply = {prompts.REASONING: "r", prompts.ANSWER: answer}
    index, reasoning, _ = last_step(choices, [reply], fine=True)
    turned = last_step(choices[::-1], [reply], fine=True)[0]
    if not isinstance(answer, str):
        return values_differ("refused", (None, False), (index, expected["reasoning_used"]))
    if answer.strip().isdigit() and int(answer) < len(choices):
        return values_differ("number", int(answer), index)
    parts = sum(answer.lower() in choice.lower() for choice in choices) if answer.strip() else 0
    several = parts > 1 or sum(choice in answer for choice in choices) > 1
    if several:
        return values_differ("several choices refused", (None, None), (index, turned))
    if not any(_touches(answer, choice) for choice in choices):
        return values_differ(
            "first choice", (0, 0, expected["choice"]), (index, turned, choices[0])
        )
    return [
        *values_differ("choice", expected["choice"], None if index is None else choices[index]),
        *values_differ("other order", index, None if turned is None else len(choices) - 1 - turned),
        *values_differ("reasoning used", expected["reasoning_used"], reasoning == "r"),
    ]


def _touches(answer: str, choice: str) -> bool:
    answer, choice = answer.strip().lower(), choice.lower()
    return bool(answer) and (answer in choice or choice in answer)


def check_never_parses(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Asked as often as in align-system; then it is an error here, not the first choice."""
    answers = ["nonsense"] * given["max_json_retries"]
    index, _, llm = last_step(["A", "B"], answers, fine=given["form"] == "text")
    return [
        *values_differ("refused", None, index),
        *values_differ("calls", expected["engine_calls"], len(llm.asked)),
    ]


def check_told(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """What the last step is told of the targets, and how it numbers the choices."""
    aims = aims_for(given["targets"], []) if given["targets"] is not None else ()
    choices, reply = given["choices"], {prompts.REASONING: "r", prompts.ANSWER: 0}
    plain = last_step(choices, [reply], aims, fine=False)[2].asked[0][-1].content
    named = {prompts.REASONING: "r", prompts.ANSWER: choices[0]}
    fine = last_step(choices, [named], aims, fine=True)[2].asked[0][-1].content
    words = re.findall(r"\b(high|low) (\w+ focus)", plain.rpartition("Task:")[2])
    values = re.findall(r"(\w+ focus) at ([0-9.]+) on", fine.rpartition("Task:")[2])
    lines = re.findall(r"^\(\d+\) .*$", plain, re.MULTILINE)
    return [
        *values_differ(
            "words", [(each["word"], each["attribute_name"]) for each in expected["words"]], words
        ),
        *values_differ(
            "values", expected["values"], {name: float(value) for name, value in values}
        ),
        *values_differ("choices", expected["choices_numbered"], lines),
    ]


def check_pairs(given: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """The facts that the last step sees."""
    found = facts_for_last_step(given["objective"], given["attribute_analysis"])
    return values_differ("pairs", expected["pairs"], found)


KINDS: Mapping[str, Check] = {
    "retries": check_retries,
    "attribute_target_word": check_target_word,
    "filter": check_filter,
    "objective": check_objective,
    "model_structure": check_structure,
    "answer_index": check_answer_index,
    "answer_text": check_answer_text,
    "answer_never_parses": check_never_parses,
    "target_told_to_last_step": check_told,
    "pairs_seen_by_last_step": check_pairs,
}
