"""The screens in pictures: rows that are free go to what is cut, and columns are aligned."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from align_tui.core.columns import pair_up, versus_options
from align_tui.core.scenarios import Choice, Scenario
from align_tui.core.stats.rates import make_rate
from align_tui.monitor.runs import list_runs, read_run
from align_tui.store import launch as store_launch
from align_tui.store import runs
from align_tui.store.columns import read_columns
from align_tui.store.database import Database
from align_tui.tui.format import by_attribute, compared_rows, comparison, run_list
from align_tui.tui.format.accuracy_rows import AccuracyRow, accuracy_lines
from align_tui.tui.format.by_attribute import AttributeRow
from align_tui.tui.format.decision_detail import heading_style
from align_tui.tui.format.glyphs import UNICODE
from align_tui.tui.format.styled_text import shared_beginning, text_of
from align_tui.tui.screens.compare.reading import digest_of
from align_tui.tui.screens.compare.screen import CompareScreen
from tests.tui import fakes
from tests.tui.test_screen import opened, screen_of, words

PLACES = ("lower town", "old harbour", "hospital", "railway bridge", "northern dam", "school")


def long_choices() -> tuple[Scenario, Scenario]:
    """A scenario with four choices of two lines each on 80 cells, and one with short choices."""
    texts = [f"Plan {n}: first the {', then the '.join(PLACES)}, last {n}." for n in range(4)]
    short = (Choice("Stay"), Choice("Go"))
    return (
        Scenario("plans", "A committee must publish one plan.", tuple(map(Choice, texts))),
        Scenario("short", "Stay or go?", short),
    )


async def test_rows_that_the_panes_leave_empty_go_to_cut_choices(
    path: Path, db: Database, wait: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)
    study = replace(fakes.study(2, profiles=1), scenarios=long_choices())
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    for claimed in worker.claim(9):
        worker.finish(claimed, "Short.")
    app = opened(path, study, run)
    async with app.run_test(size=(80, 24)) as pilot:
        ends = [f"last {number}." for number in range(4)]
        await wait(pilot, lambda: "Short." in words(app))
        await wait(pilot, lambda: all(end in words(app) for end in ends))
        layout = screen_of(app).presenter.layout
        assert layout is not None
        grown = layout.scenario_height
        await pilot.press("j")
        await wait(pilot, lambda: "Stay or go?" in words(app))
        await wait(pilot, lambda: screen_of(app).presenter.layout.scenario_height < grown)  # type: ignore[union-attr]
        await pilot.press("k")
        await wait(pilot, lambda: all(end in words(app) for end in ends))


def decided(db: Database) -> tuple[str, comparison.Digest]:
    """(a run of two profiles whose rows begin with the same words, its comparison)."""
    made = tuple(replace(s, title=f"A long series / case {i}") for i, s in
                 enumerate(fakes.scenarios(4)))  # fmt: skip
    study = replace(fakes.study(4), scenarios=made)
    run = runs.create_run(db, study, {"commit": "a" * 40, "python": "3.11.7"})
    worker = fakes.FakeWorker(db, study)
    for claimed in worker.claim(99):
        worker.finish(claimed, "Short.")
    paired = pair_up(read_columns(db, run))
    return run, digest_of(paired, 0, 1, versus_options(paired.columns)[0])


def test_a_comparison_names_only_what_differs(db: Database) -> None:
    run, digest = decided(db)
    label = comparison.run_label(digest.paired.columns[0])
    assert f"run {label}" in text_of(comparison.title_line(digest, False, False, 120, UNICODE))
    lines = [text_of(line) for line in comparison.column_lines(digest, 0, 1, 120, 4, UNICODE)]
    assert not any(label in line for line in lines)
    assert "moral-desert-high ▲ " in lines[1]
    two = pair_up((*read_columns(db, run), *read_columns(db, decided(db)[0])))
    both = digest_of(two, 0, 4, digest.versus)
    assert label in text_of(comparison.column_lines(both, 0, 4, 120, 8, UNICODE)[0])
    few = [text_of(line) for line in comparison.column_lines(digest, 0, 1, 80, 2, UNICODE)]
    assert few[-1].endswith(" +2 more ") and all(cell_len(line) <= 80 for line in few)
    assert all("●" in line and "…" not in line for line in few)  # no interval is cut
    row = text_of(compared_rows.row_line(3, digest, current=False, width=34, glyphs=UNICODE))
    assert "…3 " in row and "A long" not in row
    for width in (60, 90, 140):
        settings = text_of(comparison.table_lines(digest, width, UNICODE)[3])
        assert "…" not in settings and ("more" in settings or "target.1.value" in settings)
    assert shared_beginning(["a b c", "a b d"]) == 4 and shared_beginning(["a", "b"]) == 0
    chosen = compared_rows.chosen_line(digest.paired.rows[0], 0, digest, 60, UNICODE)
    assert chosen[0][0].endswith("A ") and chosen[0][1] == comparison.column_mark(
        digest.paired.rows[0], 0, digest.paired, digest.versus
    )


async def test_a_wide_comparison_shows_the_scenario(
    path: Path, db: Database, wait: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)
    run, digest = decided(db)
    app = opened(path, replace(fakes.study(4), scenarios=digest.paired.columns[0].scenarios), run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: "Short." in words(app))
        await pilot.press("2", "c")
        await wait(pilot, lambda: isinstance(app.screen, CompareScreen))
        await wait(pilot, lambda: "waded back" in words(app) and "Short." in words(app))
        await pilot.resize_terminal(80, 24)
        await wait(pilot, lambda: "waded back" not in words(app))
        await wait(pilot, lambda: "Short." in words(app))


def test_the_list_of_runs_is_aligned_with_its_headings(db: Database) -> None:
    run, _ = decided(db)
    [line] = list_runs(db)
    for width in (78, 118):
        head = text_of(run_list.run_header(width))
        made = text_of(
            run_list.run_line(line, current=False, chosen=False, width=width, now=time.time(),
                              glyphs=UNICODE)
        )  # fmt: skip
        assert len(head) == len(made) == width
        for column, value in (("name", "demo"), ("state", "finished"), ("run", run[-4:])):
            assert head.index(column) == made.index(value)
        assert head.index("decided") + 7 == made.index("16/16") + 5
        assert head.index("started") == made.index(run_list.when(line.row.created, time.time()))
        assert "demo  baseline, moral-desert" in made
    detail = [text_of(each) for each in run_list.detail_lines(line, read_run(db, run), 60, UNICODE)]
    rated = [each for each in detail if "/" in each and "." in each and "├" in each]
    assert len({each.index("/") for each in rated}) == 1 < len(rated)
    assert "commit  aaaaaaaaaaaa…" in detail and "python  3.11.7" in detail


def test_intervals_stand_below_each_other_while_there_is_room() -> None:
    rows = [AccuracyRow(f"profile-{n}", "", "", make_rate(3, 9), 0.5) for n in range(4)]
    assert len(accuracy_lines(rows, 120, 4, UNICODE)) == 4
    assert len(accuracy_lines(rows, 120, 2, UNICODE)) == 2
    name = "EDUCATION_College graduate-some postgrad high"
    long = [
        AttributeRow("EDUCATION College graduate/some postgrad", " ▲", replace(row, name=each))
        for row, each in zip(rows, (name, "baseline"), strict=False)
    ]
    part = by_attribute.attribute_part(long, 90, 4, UNICODE, discriminating=False)
    assert all("… ▲  " in text_of(line) for line in part.lines)


def test_headings_inside_a_decision_are_set_off() -> None:
    assert heading_style("== messages ==") == "title"
    assert heading_style("-- system --") == "key"
    assert heading_style("== no heading") == heading_style("text") == ""
