"""The screen uses its room: nothing is cut while rows are empty, and names keep what differs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from align_tui.core.answers import letter
from align_tui.core.errors import AlignError
from align_tui.core.scenarios import Choice, Scenario
from align_tui.monitor import ordering
from align_tui.monitor.ordering import ScenarioOrder, place_of
from align_tui.monitor.snapshot import Cell, Cells, Shown, Snapshot
from align_tui.monitor.votes import Vote, vote
from align_tui.store.results import Result
from align_tui.tui.format import scenario
from align_tui.tui.format.bars import point
from align_tui.tui.format.complaint import complaint_lines
from align_tui.tui.format.decision import probability_lines
from align_tui.tui.format.filters import beside, is_listed, onwards
from align_tui.tui.format.glyphs import UNICODE
from align_tui.tui.format.key_groups import GROUPS
from align_tui.tui.format.layout import LEAST_PANES, plan
from align_tui.tui.format.order_text import order_value
from align_tui.tui.format.pane_facts import Beside, fact_lines, fact_words
from align_tui.tui.format.panes import PaneView, pane_view
from align_tui.tui.format.run_names import fit_run_name
from align_tui.tui.format.styled_text import cells, fit_distinct, fit_name, text_of
from align_tui.tui.format.tabs import Tab, tabs_line
from align_tui.tui.format.wrapping import wrap, wrapped
from align_tui.tui.screens.study.acts import STUDY_ACTS
from align_tui.tui.screens.study.replay_acts import REPLAY_ACTS
from tests.tui import fakes
from tests.tui.key_names import STUDY

WORDS = st.lists(st.sampled_from(("a", "medic", "untreatable", "漢字", "first")), min_size=1)
TEXTS = WORDS.map(" ".join)
SHARES = st.lists(st.sampled_from((0.0, 0.05, 0.9, 1.0)), min_size=2, max_size=30)


def pane(text: str, choice: str, shares: list[float], width: int, height: int) -> PaneView:
    """A pane whose sample took the last choice."""
    chosen = len(shares) - 1
    made: dict[str, Any] = dict.fromkeys(Result.__dataclass_fields__)
    made |= {"choice": chosen, "probabilities": tuple(shares), "notes": (), "latency_s": 1.0}
    shown = Shown(0, 0, 1, "done", text, result=Result(**{**made, "tokens": 9}))
    return pane_view(
        fakes.profile("p"), shown, None, Snapshot(), (*"A" * chosen, choice), None, width, UNICODE,
        STUDY, height=height, scenario=0, repeats=1, focused=True, depth=False, starting=False,
        greet="", beside=Beside((Cell(1, "done", chosen),) * 3),
    )  # fmt: skip


@settings(max_examples=25)
@given(TEXTS, TEXTS, SHARES, st.integers(20, 120), st.integers(6, 40))
def test_no_choice_or_probability_is_cut_while_rows_are_empty(
    text: str, choice: str, shares: list[float], width: int, height: int
) -> None:
    view = pane(text, choice, shares, width, height)
    assert all(cells(line) <= width for line in view.foot)
    used = len(wrap(text, width - 1)) + 1 + len(view.foot)
    if used < height:
        foot = "\n".join(text_of(line) for line in view.foot)
        assert "…" not in foot
        assert all(f"{letter(i)} " in foot for i in range(len(shares)))
        assert "".join(choice.split()) in "".join(foot.split())


@settings(max_examples=25)
@given(SHARES, st.integers(12, 90), st.integers(1, 9))
def test_probabilities_are_aligned_on_the_point(shares: list[float], width: int, most: int) -> None:
    chosen = len(shares) - 1
    lines = [text_of(line) for line in probability_lines(shares, chosen, width, most, UNICODE)]
    assert len(lines) <= most and all(cell_len(line) <= width for line in lines)
    assert f"{letter(chosen)} " in "".join(lines)
    for column in zip(*(line.split(".")[:-1] for line in lines[:-1]), strict=True):
        assert len({len(part) for part in column}) == 1
    assert point(1.0) == "1.00" and f"{point(0.89):>4}" == " .89"


@settings(max_examples=25)
@given(st.lists(TEXTS, min_size=2, max_size=6), st.integers(24, 110), st.integers(2, 40))
def test_choices_have_room_before_the_text(texts: list[str], width: int, height: int) -> None:
    shown = Scenario("k", "The text. " * 60, tuple(Choice(text) for text in texts))
    lines, _ = scenario.scenario_lines(shown, width, height, UNICODE, unfolded=False)
    assert len(lines) <= height and all(cells(line) <= width for line in lines)
    whole = scenario.choice_lines(shown, width, UNICODE, labels=False)
    if len(whole) < height:
        assert lines[-len(whole) :] == tuple(whole)
        assert "…" not in "".join(text_of(line) for line in whole)


@settings(max_examples=25)
@given(st.integers(60, 250), st.integers(15, 70), st.integers(1, 40), st.integers(1, 16))
def test_the_panes_keep_room_beside_long_choices(
    width: int, height: int, choices: int, profiles: int
) -> None:
    sizes: dict[str, Any] = {"profiles": profiles, "scenarios": 9, "scenario_lines": choices + 4}
    plain = plan(width, height, **sizes)
    layout = plan(width, height, choice_lines=choices, **sizes)
    assert layout.scenario_height >= min(choices + 2, plain.scenario_height)
    assert layout.panes_height >= min(LEAST_PANES, plain.panes_height)
    if layout.scenario_height < choices + 2:
        assert layout.panes_height <= max(LEAST_PANES, plain.panes_height)


def test_names_keep_what_differs() -> None:
    high, low, other = "moral-desert-high", "moral-desert-low", "risk-aversion-high"
    names = (high, low, other)
    assert fit_distinct(high, 11, "…", names) == "moral-…high"
    assert fit_distinct(low, 4, "…", names) == "…low"
    assert fit_distinct(other, 11, "…", names) == "risk-avers…"
    assert fit_distinct(high, 11, "…", (high, other)) == "moral-dese…"
    assert fit_distinct(high, 40, "…", names) == high
    assert fit_name(high, " ▲", 13, "…", names) == "moral-…high ▲"
    asked = [f"{high} @ llama-8b-instruct", f"{low} @ llama-8b-instruct"]
    assert "…high @ llama" in fit_name(asked[0], "", 30, "…", asked)


def test_what_ifs_are_told_apart_in_little_room() -> None:
    high, low = "moral-desert-high", "moral-desert-low"
    runs = (
        "demo-triage", f"{high}: target 1 -> 0", f"{high}: target 1 -> 0.4",
        f"{low}: target 0 -> 1", f"{low}: temperature 0 -> 0.7", f"{high}: temperature 0 -> 0.7",
        f"{high}: reasoning on bridge-collapse edited", f"copy of {high}: edited",
        f"{high}: reasoning on cargo-ship edited", f"{high} removed",
        "bridge-collapse edited", "bridge-collapse edited (2)",
    )  # fmt: skip
    for width in (26, 28, 34):
        shown = [fit_run_name(name, width, "…", runs) for name in runs]
        assert len(set(shown)) == len(runs) and all(cell_len(name) <= width for name in shown)
        assert not any("……" in name for name in shown)
    assert fit_run_name(runs[2], 26, "…", runs) == "mora…high: target 1 -> 0.4"
    # The top line knows only the columns and the scenarios of its own study.
    among = ("baseline", f"{high}~1", low, "bridge-collapse", "bridge-collapse~1")
    tops = [fit_run_name(name, 26, "…", among) for name in runs]
    assert len(set(tops)) == len(runs)
    assert tops[1] == "moral-…high: target 1 -> 0"


@settings(max_examples=25)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.integers(1, 30))
def test_a_cut_name_fits(names: list[str], width: int) -> None:
    for name in names:
        assert cell_len(fit_distinct(name, width, "…", names)) <= width
        of_runs = tuple(f"{each}: target" for each in names)
        assert cell_len(fit_run_name(f"{name}: target", width, "…", of_runs)) <= width


@settings(max_examples=25)
@given(TEXTS, st.integers(2, 30), st.integers(1, 5))
def test_wrapped_text_ends_with_an_ellipsis_only_if_it_was_cut(
    text: str, width: int, most: int
) -> None:
    rows = wrapped(text, width, most, "…")
    assert len(rows) <= most and all(cell_len(row) <= width for row in rows)
    assert rows[-1].endswith("…") == (len(wrap(text, width)) > most)


def test_the_tabs_say_what_every_column_decided() -> None:
    tabs = [
        Tab("baseline", "", "wrong", 1),
        Tab("moral-desert-high", "▲", "right", 0, focused=True),
        Tab("moral-desert-low", "▼", "pending", None),
    ]
    assert text_of(tabs_line(tabs, 63, UNICODE)) == (
        " 1 baseline ✗B  2 moral-deser…high ▲ ✓A  3 moral-deser…low ▼ ○ "
    )
    assert "2 moral-desert-high ▲ ✓A  3 moral-desert-low ▼ ○" in text_of(
        tabs_line(tabs, 70, UNICODE)
    )
    many = [replace(tab, focused=False) for tab in tabs] * 5
    assert text_of(tabs_line(many, 78, UNICODE)).startswith(" 1 ✗B  2 ✓A  3 ○ ")


@settings(max_examples=25)
@given(st.integers(40, 160), st.integers(1, 30), st.integers(0, 29))
def test_the_tabs_show_the_focused_column_and_cut_no_tab(
    width: int, count: int, focus: int
) -> None:
    names = ("baseline", "moral-desert-high", "moral-desert-low", "risk-aversion-high")
    tabs = [
        Tab(names[i % 4], "▲" if i % 4 else "", "right", i % 3, i == focus % count)
        for i in range(count)
    ]
    line = text_of(tabs_line(tabs, width, UNICODE))
    assert cell_len(line) <= width and f" {focus % count + 1} " in line
    assert line.count("✓") == line.count("✓A") + line.count("✓B") + line.count("✓C")
    name = names[focus % count % 4]
    assert name[:3] in line or name.rsplit("-", 1)[-1][:2] in line


@settings(max_examples=60)
@given(st.text("ab cé医👩\u200d\u0301\n", max_size=60), st.integers(-3, 30), st.integers(1, 4))
def test_text_of_any_kind_is_wrapped_at_any_width(text: str, width: int, most: int) -> None:
    rows = wrapped(text, width, most, "…")
    assert 1 <= len(rows) <= most
    # A character of two cells has no room in one.
    assert all(cell_len(row) <= max(2, width) for row in rows)


def test_repeats_vote() -> None:
    def cell(choice: int | None) -> Cell:
        return Cell(1, "done", choice)

    assert vote((None,)) is None and vote((cell(None), None)) is None
    assert vote((cell(1),)) == Vote(1, 1, 1)
    found = vote((cell(0), cell(1), cell(0), None, cell(0), cell(0)))
    assert found == Vote(0, 4, 5) and round(found.flips, 2) == 0.2
    assert vote((cell(1), cell(0))) == Vote(0, 1, 2)


def test_a_pane_tells_its_repeats_its_margin_and_what_differs_from_the_baseline() -> None:
    def decided(choice: int, first: float, correct: bool | None) -> Shown:
        made: dict[str, Any] = dict.fromkeys(Result.__dataclass_fields__)
        made |= {"choice": choice, "probabilities": (first, 1 - first)}
        return Shown(0, status="done", result=Result(**made), scores=(("a=1.0", correct),))

    mine, baseline = decided(0, 0.72, True), decided(1, 0.41, False)
    cell = Cell(1, "done", 0)
    repeats = (cell, cell, replace(cell, choice=1), cell, cell, None)
    words = fact_words(mine, "a=1.0", Beside(repeats, baseline, "baseline"))
    assert words == [
        "right, baseline wrong", "A +.31 to baseline", "repeats A 4/5, B 1/5", "margin .44"
    ]  # fmt: skip
    spread = (replace(cell, margin=0.44), replace(cell, margin=0.4), replace(cell, margin=0.951))
    assert fact_words(mine, None, Beside(spread))[-1] == "margin .44 (.40 to .95)"
    assert fact_words(mine, None, Beside(spread[:1] * 3))[-1] == "margin .44"
    other = Beside(baseline=baseline, name="baseline", same_model=False)
    assert fact_words(mine, "b=0.0", other) == ["baseline took B", "margin .44"]
    assert fact_words(baseline, "b=0.0", other)[0] == "same as baseline"
    assert fact_words(mine, None, Beside()) == ["margin .44"]
    lines = fact_lines(words, 36, 9, UNICODE)
    assert [text_of(line) for line in lines] == [
        "right, baseline wrong", "A +.31 to baseline", "repeats A 4/5, B 1/5 · margin .44"
    ]  # fmt: skip
    assert len(fact_lines(words, 120, 1, UNICODE)) == 1


def test_the_list_is_sorted_by_what_the_decisions_tell() -> None:
    study = fakes.study(4, profiles=2)
    none = ((None,), (None,))

    def row(a: int, b: int, margin: float) -> Any:
        return ((Cell(1, "done", a, margin=margin),), (Cell(2, "done", b),))

    rows = (none, row(0, 0, 0.9), row(0, 1, 0.5), row(1, 1, 0.1))
    order = ScenarioOrder(study)
    listed = range(4)
    assert order.arrange(listed, "file", rows, 0) is listed
    by_margin = order.arrange(listed, "margin", rows, 0)
    assert list(by_margin) == [3, 2, 1, 0]
    assert order.arrange(listed, "margin", rows, 0) is by_margin
    assert list(order.arrange(listed, "against", rows, 0)) == [2, 0, 1, 3]
    assert list(order.arrange(listed, "disagreement", rows, 1)) == [2, 0, 1, 3]
    some = order.arrange((1, 3), "margin", rows, 0)
    assert list(some) == [3, 1] and place_of(some, 1) == 1
    assert beside(some, 3, 1) == 1 and onwards(some, 1, 1) == 3 and beside(some, 2, 1) == 1
    assert not is_listed(some, 2) and order_value("margin", order, 3, 0) == ".10"
    changed = (*rows[:3], row(1, 1, 1.0))
    assert list(order.arrange(listed, "margin", changed, 0)) == [2, 1, 3, 0]


def test_sorting_ten_thousand_scenarios_looks_only_at_rows_that_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    study = replace(fakes.study(1, profiles=2), scenarios=fakes.study(1).scenarios * 10_000)
    order = ScenarioOrder(study)
    rows = tuple(((Cell(n, "done", n % 2),), (Cell(n, "done", 0),)) for n in range(10_000))
    looked: list[Cells] = []
    known = ordering.facts_of

    def look(row: Cells) -> ordering.Facts:
        looked.append(row)
        return known(row)

    monkeypatch.setattr(ordering, "facts_of", look)
    order.arrange(range(10_000), "disagreement", rows, 0)
    assert len(looked) == 10_000
    order.arrange(range(10_000), "against", (((None,), (None,)), *rows[1:]), 1)
    assert len(looked) == 10_001


def test_an_error_of_an_edit_is_shown_whole() -> None:
    error = AlignError("word " * 90, "Then " + "do it " * 40)
    lines = [text_of(line) for line in complaint_lines(error, 40)]
    assert all(cell_len(line) <= 40 for line in lines)
    assert " ".join(lines).count("word") == 90 and " ".join(lines).count("do it") >= 30


def test_the_help_groups_keys_that_exist() -> None:
    names = {act.name for act in STUDY_ACTS} | {act.name for act in REPLAY_ACTS}
    for group in GROUPS.values():
        for name in group:
            assert any(each == name or each.startswith(name) for each in names), name
