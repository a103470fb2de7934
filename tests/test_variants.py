"""What-if: changed studies, which samples they ask, and which changes are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from align_tui.config.attributes import load_attributes
from align_tui.config.library import load_profile
from align_tui.config.study import OUT_OF_DEPTH
from align_tui.core.errors import ConfigError, DatasetError
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.targets import Distribution, Target
from align_tui.studies import edits
from tests.tui import fakes

ATTRIBUTES = load_attributes()


def test_an_edited_scenario_stands_behind_its_family() -> None:
    study = fakes.study(3)
    text = edits.scenario_toml(study.scenarios[1])
    once = edits.with_scenario(study, 1, text.replace("Patient A", "Patient Q"), ATTRIBUTES)
    twice = edits.with_scenario(once.study, 2, text.replace("Patient A", "Z"), ATTRIBUTES)
    first = study.scenarios[1].key
    keys = [scenario.key for scenario in twice.study.scenarios]
    assert keys == [study.scenarios[0].key, first, f"{first}~1", f"{first}~2", *keys[4:]]
    assert twice.scenario == 3 and {pair[0] for pair in twice.pairs} == {3}
    assert len(twice.pairs) == len(study.profiles)
    assert edits.variant_of(twice.study.scenarios[3]) == first
    assert study.scenarios[1].text == once.study.scenarios[1].text  # the original does not change


def test_an_edited_scenario_keeps_its_labels() -> None:
    study = fakes.study(1)
    text = edits.scenario_toml(study.scenarios[0]) + "\n"
    changed = edits.with_scenario(study, 0, text.replace("A ", "The ", 1), ATTRIBUTES)
    before, after = study.scenarios[0], changed.study.scenarios[1]
    assert [dict(c.labels) for c in after.choices] == [dict(c.labels) for c in before.choices]


def test_what_is_wrong_with_a_scenario_is_said() -> None:
    study = fakes.study(2)
    text = edits.scenario_toml(study.scenarios[0])
    with pytest.raises(ConfigError, match="The text, choices and labels are unchanged"):
        edits.with_scenario(study, 0, text, ATTRIBUTES)
    with pytest.raises(DatasetError, match="not TOML"):
        edits.with_scenario(study, 0, text.replace("text = ", "text ", 1), ATTRIBUTES)
    with pytest.raises(ConfigError, match="more than one"):
        edits.with_scenario(study, 0, f'{text}\n[[scenario]]\nid = "y"\n{text}', ATTRIBUTES)


@given(st.text(min_size=1, max_size=80).filter(str.strip), st.text(max_size=30))
def test_any_scenario_survives_being_shown_and_read(text: str, title: str) -> None:
    """The editor's text reads back as the same scenario, whatever its texts are."""
    safe = text.encode("utf-8", "replace").decode()
    scenario = Scenario("k", safe, (Choice("one", {"fairness": 1.0}), Choice("two")), title)
    study = fakes.study(1)
    study = type(study)("s", study.profiles, (scenario,))
    shown = edits.scenario_toml(scenario)
    edited = shown.replace("one", "changed")
    if edited.count("changed") != 1:
        return
    changed = edits.with_scenario(study, 0, edited, ATTRIBUTES)
    assert changed.study.scenarios[1].text == safe


def test_an_edited_profile_replaces_its_column_under_a_name_of_its_own() -> None:
    study = fakes.study(2)
    text = edits.profile_toml(study.profiles[1])
    changed = edits.with_profile(study, 1, text.replace("1.0", "0.8"), ATTRIBUTES)
    names = [profile.name for profile in changed.study.profiles]
    assert names[1] == f"{study.profiles[1].name}~1" and len(names) == 4
    assert changed.study.profiles[1].target == (Target("moral_desert", 0.8),)
    assert {pair[1] for pair in changed.pairs} == {1} and len(changed.pairs) == 2


def test_a_profile_shown_and_read_unchanged_is_no_change() -> None:
    study = fakes.study(1)
    for index, profile in enumerate(study.profiles):
        with pytest.raises(ConfigError, match="No setting that affects decisions"):
            edits.with_profile(study, index, edits.profile_toml(profile), ATTRIBUTES)


def test_a_wrong_key_of_a_profile_is_named_with_its_line() -> None:
    study = fakes.study(1)
    text = edits.profile_toml(study.profiles[1]) + "\n[decoding]\ntemprature = 1\n"
    with pytest.raises(ConfigError, match=r"line \d+: unknown key 'decoding.temprature'") as caught:
        edits.with_profile(study, 1, text, ATTRIBUTES)
    assert "temperature" in caught.value.hint


def test_targets_are_set_and_refused_where_a_prompt_cannot_say_them() -> None:
    study = fakes.study(1)
    targets = (Target("moral_desert", 1.0), Target("fairness", 0.2))
    changed = edits.with_targets(study, 1, targets, ATTRIBUTES)
    assert changed.study.profiles[1].target == targets
    middle = (Target("moral_desert", 0.5),)
    assert edits.with_targets(study, 1, middle, ATTRIBUTES).study.profiles[1].target == middle
    with pytest.raises(ConfigError, match="is a distribution, but prompt_aligned needs numbers"):
        spread = Target("moral_desert", Distribution((0.5,), 0.1))
        edits.with_targets(study, 1, (spread,), ATTRIBUTES)
    with pytest.raises(ConfigError, match="needs a target"):
        edits.with_targets(study, 1, (), ATTRIBUTES)


def test_columns_come_and_go() -> None:
    study = fakes.study(2)
    more = edits.with_column(study, load_profile("random"), ATTRIBUTES)
    assert more.profile == 4 and {pair[1] for pair in more.pairs} == {4}
    with pytest.raises(ConfigError, match="random is already a column"):
        edits.with_column(more.study, load_profile("random"), ATTRIBUTES)
    fewer = edits.without_column(more.study, 0, ATTRIBUTES)
    assert len(fewer.study.profiles) == 4 and fewer.pairs == ()
    single = fakes.study(1, profiles=1)
    with pytest.raises(ConfigError, match="needs a profile"):
        edits.without_column(single, 0, ATTRIBUTES)


def test_a_copy_stands_beside_its_original_under_a_name_of_its_own() -> None:
    study = fakes.study(2)
    name = edits.free_name(study, "moral-desert-high")
    text = edits.profile_toml(study.profiles[1].model_copy(update={"name": name}))
    once = edits.with_copy(study, 1, text, ATTRIBUTES)
    names = [profile.name for profile in once.study.profiles]
    assert names[1:3] == ["moral-desert-high", "moral-desert-high~1"] and once.profile == 2
    assert {pair[1] for pair in once.pairs} == {2}
    assert edits.free_name(once.study, "moral-desert-high~1") == "moral-desert-high~2"
    with pytest.raises(ConfigError, match="Two profiles"):
        edits.with_copy(once.study, 1, text, ATTRIBUTES)


def test_another_column_of_the_same_name_gets_one_of_its_own() -> None:
    study = fakes.study(1)
    other = fakes.profile("baseline", samples=3)
    added = edits.with_column(study, other, ATTRIBUTES).study.profiles[-1]
    assert (added.name, added.hash) == ("baseline~1", other.hash)


def test_the_demo_model_out_of_its_depth_is_noted() -> None:
    """An edit adds the note as the assembly of a study does, but not for the demo's scenarios."""
    demo = fakes.study(2)
    own = demo.scenarios[0]
    foreign = replace(demo, scenarios=(replace(own, text="Another world. " + own.text),))
    plain = replace(foreign, profiles=(load_profile("random"),))
    for study, noted in ((demo, False), (foreign, True), (plain, True)):
        added = edits.with_column(study, fakes.profile("more", samples=2), ATTRIBUTES)
        assert (OUT_OF_DEPTH in added.study.notes) == noted
    text = edits.scenario_toml(own).replace("Patient A", "Patient Q")
    edited = edits.with_scenario(demo, 0, text, ATTRIBUTES).study
    added = edits.with_column(edited, fakes.profile("more", samples=2), ATTRIBUTES)
    assert added.study.notes == ()
    assert edits.with_column(plain, load_profile("fixed"), ATTRIBUTES).study.notes == ()


def test_given_reasoning_stands_beside_the_profile_it_is_taken_from() -> None:
    study = fakes.study(3)
    changed = edits.with_reasoning(study, 2, 1, "Because.", ATTRIBUTES, goes_on=True)
    names = [profile.name for profile in changed.study.profiles]
    assert names[1:3] == [study.profiles[1].name, f"{study.profiles[1].name}~1"]
    assert sorted(changed.pairs) == [(2, 1, 0), (2, 2, 0)]
    assert changed.study.profiles[2].adm.model_dump()["given"] == "Because."
    with pytest.raises(ConfigError, match="`given` needs text"):
        edits.with_reasoning(study, 2, 1, "  ", ATTRIBUTES)
    none = edits.with_column(study, load_profile("random"), ATTRIBUTES).study
    with pytest.raises(ConfigError, match="does not write reasoning"):
        edits.with_reasoning(none, 0, 4, "Because.", ATTRIBUTES)
