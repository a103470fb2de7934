"""The parts of a prompt that come from an attribute are marked exactly, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.config.prompts.attribution import entered
from align_tui.config.prompts.render import render_messages
from align_tui.core.attributes import Attributes
from align_tui.core.decisions import Message
from align_tui.core.targets import Target
from tests.tui import fakes

SCENARIO = replace(fakes.scenarios(1)[0], text="A case of moral desert {{ 7 }}.")
HIGH = fakes.profile("high", ("moral_desert", 1.0))


def attributes() -> Attributes:
    return load_attributes()


@pytest.mark.parametrize("target", [HIGH.target, (HIGH.target[0].opposite,)])
def test_definition_and_stance_are_marked_and_nothing_else(target: tuple[Target, ...]) -> None:
    messages = render_messages(HIGH, SCENARIO, target, attributes())
    found = entered(HIGH, SCENARIO, messages, attributes())
    assert found is not None
    assert ["".join(text for text, _ in parts) for parts in found] == [m.content for m in messages]
    attribute = attributes().get("moral_desert")
    assert attribute is not None
    stance = attribute.high if target[0].value else attribute.low
    assert [text for text, own in found[0] if own] == [
        attribute.name, attribute.definition, stance,
    ]  # fmt: skip
    # The scenario has the same words, but they come from the scenario.
    assert not any(own for _, own in found[1])


def test_a_prompt_without_targets_has_nothing_marked() -> None:
    profile = fakes.profile("base")
    messages = render_messages(profile, SCENARIO, (), attributes())
    found = entered(profile, SCENARIO, messages, attributes())
    assert found is not None and not any(own for parts in found for _, own in parts)


def test_a_template_of_ones_own() -> None:
    body = HIGH.body() | {"prompt": {"system": "{% for t in targets %}<{{ t.name }}>{% endfor %}"}}
    profile = Profile.model_validate(body)
    messages = render_messages(profile, SCENARIO, profile.target, attributes())
    found = entered(profile, SCENARIO, messages, attributes())
    assert found is not None and found[0] == (("<", False), ("moral desert", True), (">", False))


def test_what_cannot_be_rendered_again_is_not_marked() -> None:
    messages = render_messages(HIGH, SCENARIO, HIGH.target, attributes())
    other = [Message("system", messages[0].content + " More."), messages[1]]
    assert entered(HIGH, SCENARIO, other, attributes()) is None
    assert entered(HIGH, SCENARIO, messages[:1], attributes()) is None
    assert entered(HIGH, SCENARIO, messages, Attributes()) is None


def test_the_prompts_of_a_rater_are_searched_for_what_its_attributes_say() -> None:
    known = attributes()
    merit = known.known["merit"]
    table = {"kind": "comparative_regression", "attributes": ["merit"]}
    profile = Profile.model_validate({"name": "p", "adm": table})
    told = Message("system", f"Rate. {merit.definition} 100: {merit.anchors[0].text}")
    found = entered(profile, SCENARIO, (told, Message("user", "Who?")), known)
    assert found is not None
    own = [text for text, is_own in found[0] if is_own]
    assert own == [merit.definition, merit.anchors[0].text]
    assert "".join(text for text, _ in found[0]) == told.content
    assert entered(profile, SCENARIO, (Message("user", "Who?"),), known) is None
