"""Tagging: the protocol's steps in the prompt, its vote, and the demo casualties."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from align_tui.config.attributes import load_attributes
from align_tui.config.library import load_profile
from align_tui.core.attributes import attributes_from_json, attributes_to_json
from align_tui.core.decisions import Message
from align_tui.core.errors import ConfigError
from align_tui.core.types import JsonObject
from align_tui.formats.library import find_scenarios
from align_tui.studies.assemble import check_profile
from tests.adms.script import Answering, decided

CASUALTIES = find_scenarios("demo-tagging", load_attributes()).scenarios
SMOKE = next(each for each in CASUALTIES if each.key == "smoke")
START = [{"attribute": "START", "value": 1.0}]


def test_the_prompt_states_the_steps_of_the_targets_protocol_in_order() -> None:
    llm = Answering(lambda messages, schema: {"reasoning": "Walks.", "choice": "Minor (green)"})
    decision = decided(llm, SMOKE, START, kind="tagging", probabilities=False)
    system, user = llm.asked[0]
    steps = load_attributes().known["START"].steps
    places = [system.content.index(step) for step in steps]
    assert places == sorted(places) and "1. If the casualty can walk" in system.content
    assert SMOKE.text in user.content and decision.choice == 0
    decided(llm, SMOKE, kind="tagging", probabilities=False)
    assert steps[0] not in llm.asked[1][0].content
    assert "own judgement" in llm.asked[1][0].content


def test_a_negative_sample_sorts_without_the_protocol_and_votes_against() -> None:
    def answer(messages: Sequence[Message], schema: JsonObject) -> object:
        follows = "START" in messages[0].content
        return {"reasoning": "So.", "choice": SMOKE.choice_texts[0 if follows else 2]}

    llm = Answering(answer)
    decision = decided(llm, SMOKE, START, kind="tagging", n_negative=2, probabilities=False)
    assert [r.role for r in decision.responses] == ["positive", "negative", "negative"]
    assert decision.choice == 0 and decision.votes is not None and decision.votes[2] == 0
    alone = decided(llm, SMOKE, kind="tagging", n_negative=2, probabilities=False)
    assert len(alone.responses) == 1


def test_a_system_text_of_the_users_own_stands_before_the_protocol() -> None:
    profile = load_profile("tagging-start", overrides=["prompt.system=Be brief."])
    assert profile.prompt.system == "Be brief."


@pytest.mark.parametrize(
    "targets",
    [
        [{"attribute": "moral_desert", "value": 1.0}],
        [*START, {"attribute": "SALT", "value": 1.0}],
    ],
)
def test_a_target_that_is_not_one_protocol_is_refused_before_the_run(
    targets: list[dict[str, object]],
) -> None:
    profile = load_profile("tagging")
    table = {**profile.body(), "target": targets}
    with pytest.raises(ConfigError, match="protocol"):
        check_profile(type(profile).from_body(table), load_attributes())


def test_steps_are_stored_and_attributes_without_steps_as_before() -> None:
    known = load_attributes()
    stored = attributes_to_json(known)
    assert attributes_from_json(stored) == known
    by_id = {each["id"]: each for each in stored}
    assert "steps" in by_id["SALT"] and "steps" not in by_id["fairness"]


def test_each_casualty_has_one_right_tag_for_each_protocol_and_they_differ() -> None:
    right = []
    for scenario in CASUALTIES:
        assert len(scenario.choices) == 4
        tags = {name: [c.labels[name] for c in scenario.choices] for name in scenario.labelled}
        assert set(tags) == {"START", "SALT", "BCD_SIEVE"}
        assert all(sorted(values) == [0.0, 0.0, 0.0, 1.0] for values in tags.values())
        right.append({name: values.index(1.0) for name, values in tags.items()})
    assert sum(len(set(each.values())) > 1 for each in right) == 4
    assert {each["SALT"] for each in right} == {0, 1, 2, 3}
