"""Examples in a prompt style: their turns have the style's keys, choices and order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from align_tui.config.attributes import load_attributes
from align_tui.config.library import load_profile
from align_tui.config.profile import Profile
from align_tui.config.prompts.attribution import entered
from align_tui.config.prompts.render import render_messages
from align_tui.config.prompts.styles import STYLES, StyleName
from align_tui.core.attributes import Attributes
from align_tui.core.examples.example_set import example_set
from align_tui.core.replies import choice_start, read_reply
from align_tui.core.scenarios import Choice, Scenario
from tests.adms.test_styles import Chooses, decide
from tests.conftest import HIGH


def of_three(number: int) -> Scenario:
    labels = [{"moral_desert": value} for value in (0.5, 1.0, 0.0)]
    choices = tuple(
        Choice(text, each) for text, each in zip(("Ann", "Bo", "Cy"), labels, strict=True)
    )
    return Scenario(f"s{number}", f"Question {number}?", choices)


SCENARIOS = [of_three(number) for number in range(4)]


def with_examples(style: StyleName, **adm: object) -> Profile:
    table: dict[str, Any] = {
        "name": "p",
        "adm": {"kind": "prompt_aligned", "n_positive": 3, "n_negative": 1} | adm,
        "target": HIGH,
        "prompt": {"prompt_style": style},
        "examples": {"scenarios": "s", "number": 2},
    }
    made = Profile.model_validate(table)
    assert made.examples is not None
    found = made.examples.with_set(example_set(SCENARIOS, Attributes()))
    return made.model_copy(update={"examples": found})


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("order", ["before", "after"])
def test_examples_answer_in_the_form_of_the_style(style: StyleName, order: Any) -> None:
    made, form = with_examples(style, reasoning=order), STYLES[style].form
    decision = decide(Chooses("Bo"), made, SCENARIOS[0])
    assert len(decision.responses) == 4 and len(decision.examples) == 2
    for each in decision.responses:
        turns = each.messages
        assert [turn.role for turn in turns] == ["system", *["user", "assistant"] * 2, "user"]
        for asked, answered in ((turns[1], turns[2]), (turns[3], turns[4])):
            index, _ = read_reply(answered.content, ("Ann", "Bo", "Cy"), order, form)
            assert index == (2 if each.role == "negative" else 1)
            assert choice_start(answered.content, order, form) is not None
            assert answered.content == json.dumps(json.loads(answered.content))  # with blanks
            # An example shows its choices in their own order, which its answer refers to.
            of = next(s for s in SCENARIOS[1:] if s.text in asked.content)
            stated = [target.opposite for target in made.target]
            targets = made.target if each.role == "positive" else tuple(stated)
            shown = render_messages(made, of, targets, load_attributes(), order)
            assert asked.content == shown[-1].content
    questions = {each.messages[-1].content for each in decision.responses}
    assert len(questions) > 1  # each sample has an order of its own
    assert len({each.messages[1].content for each in decision.responses}) == 1


def test_attribute_texts_are_marked_in_a_styled_prompt_with_examples() -> None:
    made, attributes = with_examples("align"), load_attributes()
    for each in decide(Chooses("Bo"), made, SCENARIOS[0]).responses:
        parts = entered(made, SCENARIOS[0], each.messages, attributes)
        assert parts is not None and len(parts) == len(each.messages)
        assert any(marked for _, marked in parts[0])


@pytest.mark.parametrize("name", ["persona", "tagging"])
@pytest.mark.parametrize("style", STYLES)
def test_personas_and_tagging_reply_in_the_form_of_the_style(name: str, style: StyleName) -> None:
    made = load_profile(name, overrides=[f"prompt.prompt_style={style}"])
    model, form = Chooses("Bo"), STYLES[style].form
    decision = decide(model, made, SCENARIOS[0])
    assert decision.choice == 1
    for schema, (messages, sampling) in zip(model.schemas, model.asked, strict=True):
        assert schema["required"] == [form.reasoning, form.choice] and sampling.blanks
        said = "\n".join(message.content for message in messages)
        assert f'"{form.reasoning}" and "{form.choice}"' in said
