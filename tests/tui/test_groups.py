"""The list of scenarios in groups: which scenario stands where, and what a heading says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from align_tui.config.study import Study
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.stats.clusters import Asked
from align_tui.core.stats.rates import clustered_rate
from align_tui.monitor import grouping
from align_tui.monitor.aggregates.group_accuracy import GroupAccuracy
from align_tui.monitor.grouping import UNGROUPED, Focus, Grouping, ScenarioGroups, groups_of
from align_tui.monitor.marks import MarkName, mark_of
from align_tui.monitor.ordering import Group, ScenarioOrder, place_of
from align_tui.monitor.snapshot import Cell, Cells, Repeats
from align_tui.tui.format.filters import beside, is_listed
from align_tui.tui.format.glyphs import UNICODE
from align_tui.tui.format.group_text import HeadingShape, heading_line, heading_shape
from align_tui.tui.format.grouped_rows import LEAST, GroupedRows
from align_tui.tui.format.layout import ListKind
from align_tui.tui.format.scenario_list import list_shape
from align_tui.tui.format.styled_text import cells, text_of
from tests.tui import fakes

HIGH = "moral_desert=1.0"
ATTRIBUTE, OUTCOME = Grouping("attribute"), Grouping("outcome")


def scenario(number: int, labels: str = "", **more: Any) -> Scenario:
    """A scenario whose first choice is labelled for these attributes."""
    first = Choice("a", dict.fromkeys(labels.split(), 1.0))
    return Scenario(f"s{number}", "Text.", (first, Choice("b")), **more)


def study(*scenarios: Scenario) -> Study:
    """Two columns: the baseline, and one with the target moral_desert."""
    profiles = (fakes.profile("baseline"), fakes.profile("high", ("moral_desert", 1.0)))
    return Study("s", profiles, scenarios)


def row(*correct: bool | None) -> Cells:
    """One decision of each column, right or wrong for `HIGH`; None is not asked."""
    return tuple(
        (None if each is None else Cell(n, "done", 0, ((HIGH, each),)),)
        for n, each in enumerate(correct)
    )


def names(groups: ScenarioGroups, *asked: Any) -> dict[str, list[int]]:
    """The groups of a list with their scenarios."""
    listed = groups.arrange(*asked)
    return {
        group.name: list(listed[group.start : group.start + group.count])
        for group in groups_of(listed)
    }


def test_a_scenario_stands_under_its_first_attribute_those_of_targets_first() -> None:
    made = study(
        scenario(0, "fairness moral_desert"),
        scenario(1),
        scenario(2, "fairness"),
        scenario(3, "courage"),
        scenario(4, "moral_desert"),
    )
    groups = ScenarioGroups(made)
    found = names(groups, range(5), ATTRIBUTE, (), Focus())
    assert found == {"moral_desert": [0, 4], "courage": [3], "fairness": [2], "": [1]}
    assert list(found) == ["moral_desert", "courage", "fairness", ""]
    assert names(groups, (1, 4), ATTRIBUTE, (), Focus()) == {"moral_desert": [4], "": [1]}


def test_only_groupings_that_divide_the_study_are_offered() -> None:
    alike = study(*(scenario(n, "fairness") for n in range(4)))
    assert ScenarioGroups(alike).offered(baseline=False) == (UNGROUPED, OUTCOME)
    made = study(
        *(
            scenario(
                n,
                "fairness courage" if n % 2 else "fairness",
                family="f" if n < 2 else "",
                meta={"id": n, "topic": "t" if n < 4 else "u", "same": n >= 4, "level": 10 - n % 2},
            )
            for n in range(6)
        )
    )
    offered = ScenarioGroups(made).offered(baseline=True)
    assert [(each.kind, each.key) for each in offered] == [
        ("none", ""), ("attribute", ""), ("family", ""), ("meta", "topic"), ("outcome", ""),
        ("baseline", ""),
    ]  # fmt: skip
    # `id` names each scenario, `same` divides them as `topic` does, and `level` as attributes do.
    assert ScenarioGroups(alike).arrange(range(4), Grouping("family"), (), Focus()) == range(4)


def test_outcomes_follow_the_focused_column_and_its_baseline() -> None:
    groups = ScenarioGroups(study(*map(scenario, range(5))))
    rows = (row(True, False), row(True, True), row(False, True), row(False, False), row(None, True))
    found = names(groups, range(5), OUTCOME, rows, Focus(1, 0, HIGH))
    assert found == {"wrong": [0, 3], "right": [1, 2, 4]}
    found = names(groups, range(5), OUTCOME, rows, Focus(0, None, HIGH))
    assert found == {"wrong": [2, 3], "right": [0, 1], "not asked": [4]}
    found = names(groups, range(5), Grouping("baseline"), rows, Focus(1, 0, HIGH))
    assert found == {
        "right, baseline wrong": [2],
        "wrong, baseline right": [0],
        "both wrong": [3],
        "both right": [1],
        "not both scored": [4],
    }


def test_groups_keep_the_order_of_the_list_and_their_object(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = study(*(scenario(n, "fairness" if n % 2 else "") for n in range(6)))
    groups, order = ScenarioGroups(made), ScenarioOrder(made)
    margins = (0.5, 0.1, 0.4, 0.2, 0.6, 0.0)
    rows = tuple(((Cell(1, "done", 0, ((HIGH, True),), margin=m),), (None,)) for m in margins)
    by_margin = order.arrange(range(6), "margin", rows, 0)
    listed = groups.arrange(by_margin, ATTRIBUTE, rows, Focus())
    assert list(listed) == [5, 1, 3, 2, 0, 4]
    assert groups.arrange(by_margin, ATTRIBUTE, rows, Focus()) is listed
    assert place_of(listed, 0) == 4 and beside(listed, 3, 1) == 2 and is_listed(listed, 5)
    some = groups.arrange((0, 1, 2), ATTRIBUTE, rows, Focus())
    assert list(some) == [1, 0, 2] and not is_listed(some, 3) and beside(some, 3, 1) == 0

    looked: list[Repeats] = []

    def look(repeats: Repeats, target: str | None) -> MarkName:
        looked.append(repeats)
        return mark_of(repeats, target)

    monkeypatch.setattr(grouping, "mark_of", look)
    focus = Focus(0, None, HIGH)
    before = groups.arrange(by_margin, OUTCOME, rows, focus)
    assert len(looked) == 6
    changed = (*rows[:5], ((Cell(9, "done", 1, ((HIGH, False),)),), (None,)))
    after = groups.arrange(by_margin, OUTCOME, changed, focus)
    assert len(looked) == 7 and after[0] == 5 and after is not before
    groups.arrange(by_margin, OUTCOME, (*changed[:5], (changed[5][0], (None,))), focus)
    assert len(looked) == 8


scores = st.lists(
    st.lists(st.sampled_from((True, False, None)), min_size=3, max_size=3), min_size=1, max_size=8
)


@settings(max_examples=30)
@given(scores, st.sampled_from(("family", "none")))
def test_the_accuracy_of_a_group_is_the_one_of_the_overview(
    decided: list[list[bool | None]], cluster: Any
) -> None:
    made = replace(
        study(*(scenario(n, "moral_desert") for n in range(len(decided)))),
        repeat=3,
        cluster=cluster,
    )
    rows = tuple(
        (tuple(Cell(1, "done", 0, ((HIGH, each),)) for each in repeats), (None,) * 3)
        for repeats in decided
    )
    found = GroupAccuracy(made).of(range(len(rows)), rows, (HIGH, HIGH))
    known = [[each for each in repeats if each is not None] for repeats in decided]
    asked = [Asked(n, sum(each), len(each)) for n, each in enumerate(known)]
    every = [Asked(0, each, 1) for repeats in known for each in repeats]
    expected = clustered_rate(asked if cluster == "family" else every).accuracy
    assert found[0] == pytest.approx(expected) and found[1] is None


def test_an_accuracy_counts_discriminating_scenarios_alone_and_rows_once() -> None:
    tells = scenario(0, "moral_desert")
    tells = replace(tells, choices=(tells.choices[0], Choice("b", {"moral_desert": 0.0})))
    alike = replace(tells, choices=(tells.choices[0], Choice("b", {"moral_desert": 1.0})))
    accuracy = GroupAccuracy(study(tells, replace(alike, key="s1")))
    rows = (row(True, False), row(False, False))
    assert accuracy.of((0, 1), rows, (HIGH, HIGH)) == (0.5, 0.0)
    assert accuracy.of((0, 1), rows, (HIGH, HIGH), discriminating=True) == (1.0, 0.0)
    assert accuracy.of((0, 1), (rows[0], row(True, None)), (HIGH, HIGH)) == (1.0, 0.0)
    assert accuracy.of((0, 1), rows, (None, HIGH)) == (None, 0.0)


sizes = st.lists(st.integers(1, 5), max_size=6)


@given(sizes, st.integers(0, 40), st.integers(1, 12))
def test_lines_are_headings_and_items(counts: list[int], top: int, height: int) -> None:
    groups = tuple(Group(f"g{n}", sum(counts[:n]), each) for n, each in enumerate(counts))
    rows = GroupedRows(sum(counts), groups)
    shown = [rows.at(line) for line in range(len(rows))]
    assert [at for at, heading in shown if not heading] == list(range(sum(counts)))
    assert [at for at, heading in shown if heading] == list(range(len(counts)))
    for place in range(sum(counts)):
        line = rows.line_of(place)
        assert shown[line] == (place, False)
        first = any(group.start == place for group in groups)
        assert rows.item_at(rows.line_of(place, heading=True)) == (place, first)
    window = rows.window(top, height)
    expected = shown[top : top + height]
    inside = len(expected) > 1 and not expected[0][1] and not expected[1][1]
    if groups and inside and height >= LEAST:
        of = next(n for n in reversed(range(len(groups))) if groups[n].start + n <= top)
        assert window == [(of, True), *expected[1:]]
    else:
        assert window == expected


@given(
    st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=30),
    st.integers(1, 16),
    st.integers(8, 60),
    st.integers(1, 9999),
)
def test_a_heading_fills_its_line(name: str, profiles: int, width: int, count: int) -> None:
    kinds: tuple[ListKind, ...] = ("marks", "full")
    for kind in kinds:
        shape = list_shape(kind, count, profiles, 0, width)
        common = heading_shape(shape, [name], count, 0)
        accuracies = (0.5, None, 1.0, *(0.25 for _ in range(13)))
        line = heading_line(name, count, accuracies, common, UNICODE, current=True, focus=0)
        assert cells(line) == width
        assert f" {count}" in text_of(line) or width < 12
        if len(common.columns) == profiles > 1:
            assert cell_len(name) + len(str(count)) + 3 + 5 * profiles <= width


def test_a_heading_shows_the_accuracies_that_have_room() -> None:
    one, all_ = HeadingShape(31, (1,), True), HeadingShape(40, (0, 1, 2), False)
    made = [
        text_of(heading_line("merit", 14, (0.5, 1.0, None), shape, UNICODE, current=False, focus=1))
        for shape in (one, all_)
    ]
    assert made == ["merit 14 ─────────────── 2 1.00", "merit 14 ────────────────  .50 1.00    -"]
