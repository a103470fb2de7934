"""What a what-if is called, which decision it is compared with, and where its run stands."""

from __future__ import annotations

from dataclasses import replace

from align_tui.config.attributes import load_attributes
from align_tui.config.study import Study
from align_tui.core.targets import Target
from align_tui.store.history import RunLine
from align_tui.store.runs import RunRow
from align_tui.studies import edits
from align_tui.studies.changes import Origins
from align_tui.tui.format.run_list import as_tree, depths
from tests.conftest import HIGH, make_profile, make_scenarios


def the_study() -> Study:
    profiles = (make_profile("base"), make_profile("high", "prompt_aligned", target=HIGH))
    return Study("s", profiles, make_scenarios(3))


def test_a_child_is_named_by_its_change() -> None:
    study, attributes = the_study(), load_attributes()
    attribute = study.profiles[1].target[0].attribute
    text = edits.profile_toml(study.profiles[1])
    longer = text.replace("max_reasoning_chars = 512", "max_reasoning_chars = 99")
    scenario = edits.scenario_toml(study.scenarios[1])
    shorter = scenario.replace(study.scenarios[1].text, "Another text.")
    key = study.scenarios[1].key
    once = edits.with_scenario(study, 1, shorter, attributes)
    again = shorter.replace("Another", "A third")
    twice = edits.with_scenario(once.study, 2, again, attributes)
    names = [
        edits.with_targets(study, 1, (Target(attribute, 0.0),), attributes).name,
        edits.with_profile(study, 1, longer, attributes).name,
        edits.with_copy(study, 1, longer.replace('"high"', '"more"'), attributes).name,
        edits.with_reasoning(study, 2, 1, "Because.", attributes).name,
        once.name,
        twice.name,
        edits.without_column(study, 0, attributes).name,
    ]
    assert names == [
        "high: target 1 -> 0",
        "high: max reasoning chars 512 -> 99",
        "copy of high: max reasoning chars 512 -> 99",
        f"high: reasoning on {study.scenarios[2].key} edited",
        f"{key} edited",
        f"{key} edited (2)",
        "base removed",
    ]
    assert once.as_child().study.name == once.name and study.name == "s"


def test_a_changed_place_comes_from_the_parents() -> None:
    study, attributes = the_study(), load_attributes()
    text = edits.scenario_toml(study.scenarios[1])
    variant = edits.with_scenario(
        study, 1, text.replace(study.scenarios[1].text, "Another text."), attributes
    ).study
    assert Origins(study, variant).place(2, 1) == (1, 1)
    assert Origins(study, variant).place(3, 1) is None  # nobody changed it
    copied = edits.with_reasoning(study, 0, 1, "Because.", attributes).study
    assert Origins(study, copied).place(0, 2) == (0, 1)
    assert Origins(study, copied).place(0, 1) is None
    added = replace(study, profiles=(*study.profiles, make_profile("new", "oracle", target=HIGH)))
    assert Origins(study, added).place(0, 2) is None  # it was made from none of them


def test_children_stand_below_their_parents() -> None:
    def line(run: str, parent: str | None = None) -> RunLine:
        row = RunRow(run, run, 0.0, parent, "active", 1, 1, 0, 0, 0)
        return RunLine(row, (), (), "", 0, 0)

    newest_first = [
        line("e", "b"),
        line("d"),
        line("c", "a"),
        line("b", "a"),
        line("a"),
        line("x", "gone"),
    ]
    ordered = as_tree(newest_first)
    assert [each.row.id for each in ordered] == ["a", "c", "b", "e", "d", "x"]
    assert depths(ordered) == [0, 1, 1, 2, 0, 0]
    assert depths(ordered[1:]) == [0, 0, 1, 0, 0]  # the filter hides the parent
    circle = [line("p", "q"), line("q", "p")]  # of a garbled database
    assert {each.row.id for each in as_tree(circle)} == {"p", "q"}
