"""Few-shot decision-makers with a scripted model: their turns, answers and what they keep."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from align_tui.adms.base import Adm
from align_tui.adms.examples import Examples, example_turns
from align_tui.adms.registry import make_adm
from align_tui.config.attributes import load_attributes
from align_tui.config.examples import ExamplesSpec
from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Decision, Message
from align_tui.core.errors import ExampleError
from align_tui.core.examples.example_set import Example, ExampleSet, example_set
from align_tui.core.replies import decision_schema, read_reply
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.types import JsonObject
from tests.adms.test_adms import Script, say
from tests.conftest import HIGH, make_scenarios

SCENARIOS = make_scenarios(6)
A, B = SCENARIOS[0].choice_texts


class Embedding(Script):
    """A scripted model that also turns texts into vectors, by the number of the scenario."""

    VECTORS = ((1.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.8, 0.6), (0.0, 1.0), (0.0, 1.0))

    def __init__(self, *replies: object, seed: int = 1) -> None:
        super().__init__(*replies, seed=seed)
        self.roles: list[str] = []
        self.embedded: list[tuple[str, ...]] = []

    def role(self, name: str) -> Embedding:
        self.roles.append(name)
        return self

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        self.embedded.append(tuple(texts))
        return tuple(self.VECTORS[int(text.split(":")[0][-1])] for text in texts)


def profile(kind: str = "prompt_aligned", **examples: object) -> Profile:
    adm = {"kind": kind} | dict(examples.pop("adm", {}))  # type: ignore[call-overload]
    target = examples.pop("target", HIGH)
    found = example_set(examples.pop("of", SCENARIOS), Attributes())  # type: ignore[arg-type]
    table = {"name": "p", "adm": adm, "target": target, "examples": {"scenarios": "s"} | examples}
    made = Profile.model_validate(table)
    assert made.examples is not None
    return made.model_copy(update={"examples": made.examples.with_set(found)})


def decide(script: Script, made: Profile, scenario: Scenario = SCENARIOS[0]) -> Decision:
    adm: Adm = make_adm(made, load_attributes())

    async def run() -> Decision:
        return await adm(scenario, made.target, script)

    return asyncio.run(run())


def turns_of(messages: Sequence[Message]) -> list[tuple[str, str]]:
    return [(each.role, each.content) for each in messages]


@pytest.mark.parametrize("kind", ["baseline", "prompt_aligned"])
def test_examples_stand_between_the_system_prompt_and_the_question(kind: str) -> None:
    script = Script(say(A))
    decision = decide(script, profile(kind, number=2))
    [(messages, _)] = script.asked
    assert [each.role for each in messages] == [
        "system", "user", "assistant", "user", "assistant", "user"]  # fmt: skip
    assert SCENARIOS[0].text in messages[-1].content
    assert [each.prompt for each in decision.examples] == [messages[1].content, messages[3].content]
    assert [each.response for each in decision.examples] == [
        messages[2].content, messages[4].content]  # fmt: skip
    assert [step.name for step in decision.steps] == ["examples"]
    assert {each.attribute for each in decision.examples} == {"moral_desert"}
    # The same template writes the question and the examples.
    for each in decision.examples:
        of = next(s for s in SCENARIOS if s.key == each.example)
        assert each.prompt == messages[-1].content.replace(SCENARIOS[0].text, of.text)
        assert each.example != SCENARIOS[0].key


@pytest.mark.parametrize("order", ["before", "after", "none"])
def test_answers_are_replies_that_fit_the_schema_with_the_nearest_choice(order: str) -> None:
    reply = say(A) if order != "none" else {"choice": A}
    made = profile(number=5, adm={"reasoning": order, "max_reasoning_chars": 16})
    decision = decide(Script(reply), made)
    for each in decision.examples:
        of = next(s for s in SCENARIOS if s.key == each.example)
        choice, reasoning = read_reply(each.response, of.choice_texts, order)  # type: ignore[arg-type]
        assert of.choices[choice].labels["moral_desert"] == 1.0
        schema: Any = decision_schema(of.choice_texts, order, 16)  # type: ignore[arg-type]
        body = json.loads(each.response)
        assert list(body) == schema["required"] and len(reasoning) <= 16
        assert each.response == json.dumps(body, separators=(",", ":"))


def test_a_negative_prompt_shows_the_same_examples_with_the_opposite_answers() -> None:
    script = Script(say(A), say(B))
    decision = decide(script, profile(number=3, adm={"n_negative": 1}))
    under, against = (messages for messages, _ in script.asked)
    assert [m.content for m in under if m.role == "user"] == [
        m.content for m in against if m.role == "user"]  # fmt: skip
    chosen = [
        [json.loads(m.content)["choice"] for m in each if m.role == "assistant"]
        for each in (under, against)
    ]
    assert all({one, other} == {A, B} for one, other in zip(*chosen, strict=True))
    assert [json.loads(each.response)["choice"] for each in decision.examples] == chosen[0]


def test_a_baseline_without_a_target_shows_the_highest_labels_of_its_attributes() -> None:
    decision = decide(
        Script(say(A)), profile("baseline", number=2, target=[], attributes=["moral_desert"])
    )
    for each in decision.examples:
        of = next(s for s in SCENARIOS if s.key == each.example)
        labels = {choice.text: choice.labels["moral_desert"] for choice in of.choices}
        assert labels[json.loads(each.response)["choice"]] == 1.0
    with pytest.raises(ExampleError, match="labels"):
        decide(Script(say(A)), profile("baseline", number=1, target=[], attributes=["merit"]))


def test_a_model_in_the_role_embedding_compares_and_reads_the_set_once() -> None:
    script = Embedding(say(A), say(A))
    made = profile(number=2, similarity="embedding", method="scenario")
    adm = make_adm(made, load_attributes())

    async def run() -> list[Decision]:
        return [await adm(scenario, made.target, script) for scenario in SCENARIOS[:2]]

    first, second = asyncio.run(run())
    assert set(script.roles) == {"embedding"}
    assert [len(texts) for texts in script.embedded] == [6, 1, 1]
    for decision, nearest in ((first, "s1"), (second, "s0")):  # the most similar one stands last
        assert [(e.example, e.similarity) for e in decision.examples] == [("s3", 0.8), (nearest, 1)]


def test_random_examples_are_drawn_by_the_seed_of_the_sample() -> None:
    made = profile(number=3, method="random")
    drawn = [
        tuple(e.example for e in decide(Script(say(A), seed=seed), made).examples)
        for seed in (1, 1, 2, 3, 4)
    ]
    assert drawn[0] == drawn[1] and len(set(drawn)) > 2
    assert all(e.similarity is None for e in decide(Script(say(A)), made).examples)


def test_none_are_shown_for_the_number_0() -> None:
    script = Script(say(A))
    decision = decide(script, profile(number=0))
    assert len(script.asked[0][0]) == 2 and decision.examples == () and decision.steps == ()


def test_reasons_of_the_file_come_before_made_ones() -> None:
    told = Scenario(
        "told",
        "Told.",
        (Choice("X", {"moral_desert": 0.0}), Choice("Y", {"moral_desert": 1.0})),
        source={"choices": [{}, {"reasons": {"moral_desert": "Y was kind."}}]},
    )
    [used] = decide(Script(say(A)), profile(number=1, of=(told,))).examples
    assert json.loads(used.response) == {"reasoning": "Y was kind.", "choice": "Y"}
    [made] = decide(Script(say(A)), profile(number=1, of=SCENARIOS[1:2])).examples
    assert "high moral desert" in json.loads(made.response)["reasoning"]


def test_as_in_align_system_an_answer_is_a_python_dictionary() -> None:
    [used] = decide(Script(say(A)), profile(number=1, as_reference=True)).examples
    assert used.response.startswith("{'reasoning': ")


def test_turns_for_one_attribute_with_an_answer_of_the_decision_maker_s_own() -> None:
    """As a decision-maker that scores attribute by attribute uses them."""
    spec = ExamplesSpec.model_validate({"scenarios": "s", "number": 2, "similarity": "words"})
    unlabelled = Example(Scenario("bare", "bare", (Choice("X"), Choice("Y"))))
    found = ExampleSet((*(Example(each) for each in SCENARIOS), unlabelled))
    examples = Examples(spec.with_set(found), lambda scenario: f"Rate: {scenario.text}")

    def answer(example: Example) -> JsonObject | None:
        labels = [choice.labels.get("moral_desert") for choice in example.scenario.choices]
        return None if None in labels else {"scores": labels}

    turns, step = asyncio.run(
        example_turns(examples, SCENARIOS[0], Script(), answer, attribute="moral_desert")
    )
    question = (Message("system", "s"), Message("user", "q"))
    assert [role for role, _ in turns_of(turns.before(question))] == [
        "system", "user", "assistant", "user", "assistant", "user"]  # fmt: skip
    assert all(each.example != "bare" for each in turns.used)
    assert step.name == "examples moral_desert" and step.seconds >= 0
    assert json.loads(turns.used[0].response)["scores"] in ([0.0, 1.0], [1.0, 0.0])
