"""People, supplies, actions and shares: from a file to the prompt, and back to a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from align_tui.config.profile import Profile
from align_tui.config.prompts.render import render_messages
from align_tui.core.errors import DatasetError
from align_tui.core.scenarios import (
    Character,
    Choice,
    Scenario,
    scenario_from_json,
    scenario_to_json,
)
from align_tui.core.types import content_hash
from align_tui.formats.align_system.write import write_align_system
from align_tui.formats.read import read_scenarios
from align_tui.formats.write import native_jsonl, native_toml
from align_tui.studies.edits import scenario_toml
from tests.formats.dataset_files import ATTRIBUTES, read, record, shared_data

PEOPLE = (
    Character("p1", "Mike", "a soldier\nHe bleeds.", {"vitals": {"pulse": None, "awake": True}}),
    Character("p2", "", "Two are hurt."),
)
RICH = Scenario(
    "k",
    "Two are hurt.",
    (Choice("Treat", {"fairness": 1.0}, "APPLY_TREATMENT", "p1"), Choice("Wait", action="WAIT")),
    characters=PEOPLE,
    supplies=("Tourniquet: 2", "Blanket"),
    shares={"CREGION_South": (0.25, 0.75), "Germany": (0.5, 0.5)},
    ordinal=True,
)
BARE = Scenario("k", "Two are hurt.", (Choice("Treat", {"fairness": 1.0}), Choice("Wait")))


def prompt(scenario: Scenario) -> str:
    profile = Profile.model_validate({"name": "p", "adm": {"kind": "baseline"}})
    return render_messages(profile, scenario, (), ATTRIBUTES)[-1].content


def test_every_file_of_ours_keeps_them() -> None:
    for write in (native_jsonl, native_toml):
        assert read(write([RICH])).scenarios == (RICH,)
    assert scenario_from_json(scenario_to_json(RICH)) == RICH
    (back,) = read(write_align_system([RICH])).scenarios
    assert replace(back, source={}, meta={}) == RICH
    document = f'format = "align-tui/scenarios/1"\n[[scenario]]\nid = "k"\n{scenario_toml(RICH)}'
    assert read(document).scenarios == (RICH,)


def test_the_prompt_tells_people_supplies_and_choices_in_this_order() -> None:
    assert prompt(RICH) == (
        "Two are hurt.\n\nPeople:\n- Mike: a soldier; He bleeds.\n\n"
        "Supplies:\n- Tourniquet: 2\n- Blanket\n\nChoices:\n- Treat\n- Wait"
    )
    assert prompt(BARE) == "Two are hurt.\n\nChoices:\n- Treat\n- Wait"


def test_a_template_sees_them() -> None:
    user = (
        "{% for p in characters %}{{ p.name }} {{ p.facts.vitals.awake }}{% endfor %}{{ supplies }}"
    )
    table = {"name": "p", "adm": {"kind": "baseline"}, "prompt": {"user": user}}
    scenario = replace(RICH, characters=PEOPLE[:1])
    messages = render_messages(Profile.model_validate(table), scenario, (), ATTRIBUTES)
    assert messages[-1].content == "Mike True['Tourniquet: 2', 'Blanket']"


def test_hashes_say_what_they_cover() -> None:
    seen = replace(BARE, characters=PEOPLE)
    assert seen.seen_hash != BARE.seen_hash and seen.scored_hash == BARE.scored_hash
    shared = replace(BARE, shares=RICH.shares)
    assert shared.seen_hash == BARE.seen_hash
    assert shared.scored_hash != BARE.scored_hash and shared.hash != BARE.hash
    # As version 0.1 computed it: a scenario without them keeps its hash.
    content = ["Two are hurt.", [["Treat", {"fairness": 1.0}], ["Wait", {}]]]
    assert BARE.hash == content_hash(content)


PHASE_2: dict[str, Any] = {
    "unstructured": "U",
    "meta_info": {"scene_id": "P"},
    "characters": [
        {"id": "a", "name": "Ann", "unstructured": "a cut", "rapport": "neutral", "age": None},
        {"id": "a", "name": None, "unstructured": None},
        {"name": "Bo"},
        {},
    ],
    "supplies": [
        {"type": "Tourniquet", "quantity": 2, "reusable": False},
        {"type": "Oximeter", "quantity": 1, "reusable": True},
        {"type": "Blanket"},
        {"quantity": 3},
    ],
}


def acting(*acts: tuple[str, str, str | None]) -> list[dict[str, Any]]:
    return [
        {"unstructured": text, "action_type": action, "character_id": person}
        for text, action, person in acts
    ]


def test_align_system_records_bring_them() -> None:
    body = record(full_state=PHASE_2, choices=acting(("T", "TREAT", "a"), ("W", "SITREP", None)))
    found = read([body])
    (scenario,) = found.scenarios
    assert scenario.characters == (
        Character("a", "Ann", "a cut", {"rapport": "neutral", "age": None}),
        Character("a#2"),
        Character("Bo", "Bo"),
        Character("4"),
    )
    assert scenario.supplies == ("Tourniquet: 2", "Oximeter: 1, reusable", "Blanket")
    assert [(c.action, c.character) for c in scenario.choices] == [("TREAT", "a"), ("SITREP", "")]
    assert write_align_system(found.scenarios) == [body]
    assert write_align_system(read(native_toml(found.scenarios)).scenarios) == [body]
    edited = replace(scenario, characters=PEOPLE, supplies=("x",))
    (back,) = read(write_align_system([edited])).scenarios
    assert (back.characters, back.supplies) == (PEOPLE, ("x",))


def test_a_placeholder_action_is_none() -> None:
    plain = acting(("A", "SITREP", None), ("B", "SITREP", None))
    (scenario,) = read([record(choices=plain, label=None)]).scenarios
    assert not any(choice.action for choice in scenario.choices)


def test_equal_choices_are_told_apart_by_their_people() -> None:
    choices = acting(
        ("Treat", "T", "a"), ("Treat", "T", "b"), ("Wait", "W", None), ("Wait", "W", None)
    )
    people = {"characters": [{"id": "a", "name": "Ann"}, {"id": "b", "name": "Bo"}]}
    body = record(choices=choices, label=None, full_state={"unstructured": "U", **people})
    found = read([body])
    assert found.scenarios[0].choice_texts == ("Treat (Ann)", "Treat (Bo)", "Wait", "Wait (2)")
    assert any("so it got a number" in note for note in found.notes)
    assert write_align_system(found.scenarios) == [body]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"characters": 3}, "must be a list"),
        ({"characters": [3]}, "must be an object"),
        ({"characters": [{"id": "a"}] * 201}, "the limit is 200"),
        ({"characters": [{"id": "a"}, {"id": "a"}]}, "same id"),
        ({"characters": [{"id": "a", "age": 3}]}, "unknown key"),
        ({"characters": [{"id": "a", "facts": "[1]"}]}, "must be an object"),
        ({"supplies": [" "]}, "is empty"),
        ({"supplies": ["x"] * 501}, "the limit is 500"),
        ({"characters": [{"id": "a", "text": "x" * 200_001}]}, "longer than"),
        ({"shares": {"G": [0.5]}}, "1 for 2 choices"),
        ({"shares": {"G": [0.5, 0.4]}}, "their sum is 0.9"),
        ({"shares": {"G": [1.5, -0.5]}}, "not in 0..1"),
        ({"shares": {"G": [True, 0]}}, "must be numbers"),
        ({"shares": {" ": [1, 0]}}, "does not name its group"),
        ({"shares": {"South": [1, 0], "CREGION_South": [0, 1]}}, "two different shares"),
        ({"ordinal": 1}, "true or false"),
    ],
)
def test_wrong_ones_are_refused(change: dict[str, Any], message: str) -> None:
    line = {"id": "x", "text": "t", "choices": [{"text": "a"}, {"text": "b"}], **change}
    with pytest.raises(DatasetError, match=message):
        read(line)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6).filter(
    lambda text: bool(text.strip())
)
FACTS = st.dictionaries(NAMES, st.none() | st.booleans() | st.integers(-9, 9), max_size=2)

PERSON = st.builds(Character, NAMES, NAMES, NAMES, FACTS)


@settings(max_examples=20, deadline=None)
@given(
    people=st.lists(
        st.builds(Character, NAMES, NAMES, NAMES, FACTS), max_size=3, unique_by=lambda c: c.id
    ),
    supplies=st.lists(NAMES, max_size=2),
    acts=st.tuples(NAMES, NAMES),
    share=st.floats(0, 1),
)
def test_any_of_them_are_read_back(
    people: list[Character], supplies: list[str], acts: tuple[str, str], share: float
) -> None:
    scenario = replace(
        BARE,
        choices=(Choice("Treat", {}, *acts), Choice("Wait")),
        characters=tuple(people),
        supplies=tuple(supplies),
        shares={"G": (share, 1 - share)},
    )
    for write in (native_jsonl, native_toml):
        assert read(write([scenario])).scenarios == (scenario,)
    (back,) = read(write_align_system([scenario])).scenarios
    assert replace(back, source={}, meta={}) == scenario
    prompt(scenario)


def test_real_phase_1_and_phase_2_records() -> None:
    folder = shared_data() / "align_system"
    path = folder / "run_comp_reg_icl" / "input_output.json"
    for scenario in read_scenarios(path, attributes=ATTRIBUTES):
        assert scenario.characters and scenario.supplies
        text = prompt(scenario)
        assert "\n\nSupplies:\n- " in text and "Tourniquet" in text
    path = folder / "July2025-MF-train_20250715.json"
    for scenario in read_scenarios(path, attributes=ATTRIBUTES):
        assert {choice.action for choice in scenario.choices} == {"TREAT_PATIENT"}
        assert {c.character for c in scenario.choices} <= {c.id for c in scenario.characters}
        for person in scenario.characters:
            assert all(
                line.strip().rstrip(".") in prompt(scenario) for line in person.text.splitlines()
            )
