"""DecisionFlow: its seven steps in both forms, with a scripted model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from align_tui.adms.flow.prompts import SMALL
from align_tui.adms.registry import make_adm
from align_tui.backbones.registry import open_backbone
from align_tui.config.attributes import load_attributes
from align_tui.config.library import load_profile
from align_tui.config.profile import Profile
from align_tui.core.decision_checks import checked_decision
from align_tui.core.decision_flow import choices_named, objective_of
from align_tui.core.decisions import Decision, Message
from align_tui.core.errors import ConfigError, ReplyError
from align_tui.core.replies import FREE_TEXT
from align_tui.core.types import JsonObject
from align_tui.engine.llm import SampleLlm
from tests.adms.script import Answer, Answering, decided
from tests.conftest import HIGH, make_scenarios

SCENARIO = make_scenarios(1)[0]
A, B = SCENARIO.choice_texts
STEPS = ["variables", "extraction", "attribute", "filter", "objective", "express", "math_reason"]
WEIGHTS = {"blame": 0.9, "wound": 0.2}


def answer(messages: Sequence[Message], schema: JsonObject) -> Any:
    """A sensible reply to each step, told apart by the keys that it asks for."""
    task = messages[1].content
    if "Choices:" in task:
        given = 1 if "Give the number" in task else f"I take {B}"
        return {"Reasoning": "B scores more.", "Answer": given}
    if 'key "variables"' in task:
        return {"variables": ["Patient A", "Patient B"]}
    if 'key "information"' in task:
        return {"information": ["Patient A has only a cut.", "Patient B sleeps."]}
    if 'key "analysis"' in task:
        facts = [{"Attribute": name, "Value": [f"{name} of A"], "Score": 0.8} for name in WEIGHTS]
        return {"analysis": [{"Variable": "Patient A", "Attribute": facts}]}
    if '"Weight"' in task:
        name = next(name for name in WEIGHTS if f'"{name}"' in task)
        return {"Explanation": f"About {name}.", "Weight": WEIGHTS[name]}
    assert '"Objective Function"' in task
    model = {"Objective Function": "max x", "Decision Variables": ["x"], "Constraints": []}
    if schema == FREE_TEXT:
        return f"Here is it:\n{json.dumps(model)[:-1]}"
    return {**model, "Explanation": "e"}


def faulty(step_key: str, faults: int, broken: str = "no JSON") -> Answer:
    """The sensible replies, but the step with that key fails so many times first."""
    left = [faults]

    def reply(messages: Sequence[Message], schema: JsonObject) -> Any:
        is_last = "Choices:" in messages[1].content
        if step_key in messages[1].content and left[0] and is_last == (step_key == "Choices:"):
            left[0] -= 1
            return broken
        return answer(messages, schema)

    return reply


def test_the_structured_form_takes_seven_steps_and_keeps_each_reply() -> None:
    llm = Answering(answer)
    decision = decided(llm, SCENARIO, HIGH, kind="decision_flow")
    assert decision.choice == 1 and decision.reasoning == "B scores more."
    assert {step.name for step in decision.steps} == set(STEPS)
    roles = [response.role for response in decision.responses]
    assert sorted(roles) == sorted(s for s in [*STEPS, "filter"] if s != "objective")
    assert [r.choice for r in decision.responses] == [None] * 6 + [1]
    assert any("0.9 * blame(Patient A)" in note for note in decision.notes)
    assert not any("wound" in note for note in decision.notes)
    assert len(set(llm.streams)) == len(llm.streams) and llm.most_at_once == 2
    last = llm.asked[-1][-1].content
    assert "max x" in last and "high moral desert" in last and "(1) " in last
    assert "only a cut" in llm.asked[-2][-1].content  # a fact that names a limit
    assert checked_decision(decision, 2) == decision


def test_the_fine_form_writes_free_text_and_answers_by_text() -> None:
    llm = Answering(answer)
    decision = decided(llm, SCENARIO, HIGH, kind="decision_flow", form="fine_grained")
    assert decision.choice == 1
    assert [schema == FREE_TEXT for schema in llm.schemas].count(True) == 1
    asked = [turns[1].content for turns in llm.asked]
    attribute = next(each for each in asked if 'key "analysis"' in each)
    assert "at 1 from 0 to 1" in attribute
    assert "score 0.8" in llm.asked[-1][-1].content
    assert "moral desert at 1 on a scale" in llm.asked[-1][-1].content


def test_a_reply_that_cannot_be_used_is_asked_again_with_its_fault() -> None:
    llm = Answering(faulty('key "variables"', 2))
    decision = decided(llm, SCENARIO, HIGH, kind="decision_flow")
    asked = [turns for turns in llm.asked if 'key "variables"' in turns[1].content]
    assert [len(turns) for turns in asked] == [2, 4, 4]
    assert asked[1][2].content == "no JSON" and "is not JSON" in asked[1][3].content
    assert "The step variables was asked 3 times." in decision.notes
    seeds = [s.seed for s, t in zip(llm.samplings, llm.streams, strict=True) if t == 0]
    assert len(set(seeds)) == 3


def test_the_last_attempt_at_free_text_is_held_to_a_schema() -> None:
    llm = Answering(faulty('"Objective', 4))
    decision = decided(llm, SCENARIO, HIGH, kind="decision_flow", form="fine_grained")
    free = [schema == FREE_TEXT for schema in llm.schemas]
    assert free.count(True) == 4 and free.index(True) == len(free) - 6
    assert any("the last time its reply was held to a schema" in n for n in decision.notes)


@pytest.mark.parametrize(
    ("key", "step", "attempts"),
    [
        ('key "information"', "extraction", 10),
        ('"Objective', "express", 5),
        ("Choices:", "math_reason", 5),
    ],
)
def test_a_step_that_never_gives_a_usable_reply_fails_the_sample(
    key: str, step: str, attempts: int
) -> None:
    llm = Answering(faulty(key, 99))
    with pytest.raises(ReplyError, match=f"{step} gave no usable reply in {attempts} attempts"):
        decided(llm, SCENARIO, HIGH, kind="decision_flow")


def test_an_answer_beyond_the_choices_takes_the_first_and_says_so() -> None:
    reply = json.dumps({"Reasoning": "Hm.", "Answer": 7})
    decision = decided(
        Answering(faulty("Choices:", 1, reply)), SCENARIO, HIGH, kind="decision_flow"
    )
    assert decision.choice == 0 and any("names no choice (7)" in note for note in decision.notes)


def test_it_needs_a_target_or_attributes() -> None:
    with pytest.raises(ConfigError, match="needs a target"):
        decided(Answering(answer), SCENARIO, kind="decision_flow")
    llm = Answering(answer)
    decided(llm, SCENARIO, kind="decision_flow", attributes=["fairness"])
    assert "Wanted is" not in llm.asked[-1][-1].content
    with pytest.raises(ConfigError, match="no attribute pack defines 'nothing'"):
        decided(llm, SCENARIO, kind="decision_flow", attributes=["nothing"])


def test_several_targets_are_asked_about_at_once() -> None:
    llm = Answering(answer)
    decided(llm, SCENARIO, [*HIGH, {"attribute": "fairness", "value": 0.2}], kind="decision_flow")
    assert llm.most_at_once == 4  # two attributes of two targets in the filter
    assert "high moral desert, and low fairness" in llm.asked[-1][-1].content


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("Treat A", (0,)),
        ("1", (1,)),
        ("(2).", (2,)),
        ("9", ()),
        ("treat a!", (0,)),
        ("Treat A and B", (2,)),  # a longer text that contains another is meant alone
        ("Treat", (0, 1, 2)),
        ("wait", ()),
        ("", ()),
    ],
)
def test_which_choices_an_answer_may_mean(said: str, named: tuple[int, ...]) -> None:
    choices = ["Treat A", "Treat B", "Treat A and B"]
    assert choices_named(said, choices) == named


def test_facts_of_a_model_that_do_not_fit_are_skipped() -> None:
    pair = {"Variable": "A", "Attribute": "x", "Value": [], "Weight": 0.3, "Explanation": ""}
    assert objective_of({"t": [pair]}, 0.3)["filtered_pairs"] == []
    broken = json.dumps(
        {"analysis": ["text", {"Variable": 3}, {"Attribute": [5, {"Attribute": 1}]}]}
    )
    decision = decided(
        Answering(faulty('key "analysis"', 1, broken)), SCENARIO, HIGH, kind="decision_flow"
    )
    assert decision.choice == 1


def test_a_small_flow_has_shorter_replies_and_keeps_the_hash_of_others() -> None:
    llm = Answering(answer)
    decision = decided(llm, SCENARIO, HIGH, kind="decision_flow", small=True)
    assert [step.name for step in decision.steps] == STEPS
    by_step = {response.role: response for response in decision.responses}
    facts: Any = by_step["extraction"].schema["properties"]
    assert facts["information"]["maxItems"] == SMALL.facts
    last = by_step["math_reason"].messages[-1].content
    assert '"mathematical_model"' in last and '"structure"' not in last
    table = {"kind": "decision_flow"}
    stored: Any = Profile.model_validate({"name": "p", "adm": table}).body()
    assert "small" not in stored["adm"]


@pytest.mark.slow
def test_the_small_flow_fits_the_demo_model() -> None:
    profile = load_profile("decision-flow-small")
    assert profile.backbone.kind == "demo"
    backbone = open_backbone(profile.backbone, lambda what, share: None)
    llm = SampleLlm(backbone, profile.decoding, 1, lambda stream, piece: None, 0.0)
    adm = make_adm(profile, load_attributes())

    async def decide() -> Decision:
        return await adm(SCENARIO, profile.target, llm)

    try:
        decision = checked_decision(asyncio.run(decide()), len(SCENARIO.choices))
    finally:
        backbone.close()
    assert [step.name for step in decision.steps] == STEPS
