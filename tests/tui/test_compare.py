"""The comparison: its lines, and its screen with columns of two runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from align_tui.config.study import Study
from align_tui.core.columns import pair_up, versus_options
from align_tui.monitor.columns import ColumnKey
from align_tui.store import runs, workers
from align_tui.store.columns import read_columns
from align_tui.store.database import Database
from align_tui.tui.format import compared_rows, comparison
from align_tui.tui.format.difference import difference_lines
from align_tui.tui.format.effects import p_text, signed
from align_tui.tui.format.glyphs import ASCII, UNICODE
from align_tui.tui.format.settings import settings_text
from align_tui.tui.format.styled_text import cells, text_of
from align_tui.tui.screens.compare.reading import digest_of
from align_tui.tui.screens.compare.screen import CompareScreen
from tests.tui import fakes
from tests.tui.test_screen import opened, words

Finished = tuple[str, Study]


def decided(db: Database, study: Study, reasoning: str | None = None) -> str:
    """A run of the study in which everything is decided."""
    run = runs.create_run(db, study, {"torch": "9"})
    worker = fakes.FakeWorker(db, study)
    while batch := worker.claim(8):
        for claimed in batch:
            worker.finish(claimed, reasoning, took=0.2)
    workers.unregister(db, worker.id)
    return run


def test_columns_are_read_from_the_run(db: Database, finished: Finished) -> None:
    run, study = finished
    columns = read_columns(db, run)
    assert [column.name for column in columns] == [p.name for p in study.profiles]
    assert [len(column.outcomes) for column in columns] == [6, 6, 6, 6]
    assert columns[1].outcomes[(2, 0)].choice is None
    assert columns[0].settings["adm.kind"] == "baseline"
    assert columns[0].settings["version.python"] == "3"
    assert read_columns(db, run, {2})[0].profile == 2


@pytest.mark.parametrize("width", [60, 80, 120, 250])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_every_line_fits_and_says_the_numbers(
    db: Database, finished: Finished, width: int, glyphs: Any
) -> None:
    run, _ = finished
    paired = pair_up(read_columns(db, run))
    digest = digest_of(paired, 0, 1, versus_options(paired.columns)[0])
    counts = digest.comparison.counts
    table = comparison.table_lines(digest, width, glyphs)
    lines = [
        comparison.title_line(digest, True, False, width, glyphs),
        *comparison.column_lines(digest, 0, 1, width, 4, glyphs),
        *table,
        compared_rows.row_header(digest, width, glyphs),
        *(compared_rows.row_line(i, digest, current=i == 1, width=width, glyphs=glyphs)
          for i in range(6)),
    ]  # fmt: skip
    assert all(cells(line) <= width for line in lines)
    assert f"of {counts.pairs} pairs" in text_of(table[0])
    assert f"only 2 {counts.only_b}" in text_of(table[0])
    assert p_text(digest.comparison.p) in text_of(table[1])
    if glyphs is ASCII:
        assert all(text_of(line).isascii() for line in lines)
    if width >= 80:
        assert "under moral desert" in text_of(lines[0])
        apart = digest_of(paired, 1, 2, ())
        title = comparison.title_line(apart, False, False, width, glyphs)
        assert "each its own target" in text_of(title)
        effect, numbers = (
            text_of(line) for line in comparison.table_lines(apart, width, glyphs)[:2]
        )
        assert "steering effect moral_desert: high - low (2 - 3)" in effect
        assert "sign-flip p" in numbers and "Holm" in numbers
        assert apart.comparison.difference is None
        other = digest_of(paired, 1, 3, ())
        assert "not compared" in text_of(comparison.table_lines(other, width, glyphs)[0])
    shown = comparison.column_lines(digest, 2, 3, width, 3, glyphs)
    assert "3 " in text_of(shown[1]) and "4 " in text_of(shown[2]) and "+1" in text_of(shown[2])


def test_sixteen_columns_say_which_have_no_room(db: Database, finished: Finished) -> None:
    columns = read_columns(db, finished[0]) * 4
    digest = digest_of(pair_up(columns), 0, 15, ())
    for width in (42, 78, 200):
        shown = compared_rows.columns_in_sight(digest, width)
        assert {0, 15} <= set(shown)
        header = text_of(compared_rows.row_header(digest, width, UNICODE))
        assert ("…" in header) == (len(shown) < 16) and " 16 " in header
        assert (f"+{16 - len(shown)}…" in header) == (len(shown) < 16)
        line = compared_rows.row_line(0, digest, current=True, width=width, glyphs=UNICODE)
        assert cells(line) == width


def test_small_numbers_are_said_as_they_are_read() -> None:
    assert p_text(0.0351) == "p = .035"
    assert p_text(0.00001) == "p < .001"
    assert p_text(1.0) == "p = 1.0"
    assert [signed(v) for v in (0.241, -0.07, 0.001)] == ["+.24", "-.07", " .00"]


def test_words_of_one_text_are_marked_without_colour_alone() -> None:
    texts = ("The rescuer goes first because he is hurt.", "The arsonist goes first. \x1b[31m")
    one, other = difference_lines(texts, (12, 80), UNICODE)
    marked = [text for line in one for text, style in line if style == "only"]
    assert marked == ["rescuer", "because he", "is hurt."]
    assert all(cell_len(text_of(line).rstrip()) <= 12 for line in one)
    assert "\x1b" not in text_of(other[0])
    plain, _ = difference_lines(texts, (80, 80), ASCII)
    assert text_of(plain[0]) == "The [rescuer] goes first [because he is hurt.]"


def test_settings_say_which_columns_hold_which_value(db: Database, finished: Finished) -> None:
    run, _ = finished
    text = settings_text(read_columns(db, run), UNICODE)
    differing, same = text.split("WHAT ALL SHARE")
    assert "≠ adm.kind\n      1        baseline\n      2,3,4    prompt_aligned" in differing
    assert "adm.kind" not in same and "decoding.temperature" in same


async def test_the_screen_compares_columns_of_two_runs(
    path: Path, db: Database, finished: Finished, wait: Any
) -> None:
    run, study = finished
    warm = replace(study, name="warm", profiles=study.profiles[:1])
    other = decided(db, warm, "Quite another reason.")
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: "baseline" in words(app))
        await pilot.press("3", "c")
        await wait(pilot, lambda: "sign-flip" in words(app))
        screen = app.screen
        assert isinstance(screen, CompareScreen) and screen.state.digest is not None
        assert (screen.state.first, screen.state.second) == (0, 2)
        await wait(pilot, lambda: "stronger" in words(app))
        rows = screen.state.digest.paired.rows
        await pilot.press("n")
        assert compared_rows.chose_apart(rows[screen.state.digest.shown[screen.state.row]], 0, 2)
        await pilot.press("o")
        await wait(pilot, lambda: "rows that differ" in words(app))
        await pilot.press("plus")
        await wait(pilot, lambda: other[-4:] in words(app))
        await pilot.press(*"warm", "enter")
        await wait(pilot, lambda: len(screen.state.columns) == 5 and screen.state.second == 4)
        await wait(pilot, lambda: screen.state.digest and screen.state.digest.comparison.b == 4)
        # The fake worker decides by the column's place, so both baselines chose the same.
        assert screen.state.digest.comparison.agreement.share == 1.0
        await wait(pilot, lambda: "none: they chose the same" in words(app))
        await pilot.press("o", "n")
        await wait(pilot, lambda: "chose the same wherever" in words(app))
        await wait(pilot, lambda: "Quite another reason" in words(app))
        await pilot.press("s")
        await wait(pilot, lambda: "WHAT DIFFERS" in words(app))
        await pilot.press("escape", "minus")
        await wait(pilot, lambda: len(screen.state.columns) == 4)
        await pilot.press("t")
        await wait(pilot, lambda: "so it takes that of column 2: moral desert" in words(app))
        await pilot.press("escape")
        assert app.screen is not screen


async def test_it_lives_at_every_size_and_without_utf8(
    path: Path, db: Database, finished: Finished, wait: Any
) -> None:
    run, study = finished
    for width, height in ((60, 15), (80, 24), (250, 60)):
        app = opened(path, study, run)
        app.glyphs = ASCII
        async with app.run_test(size=(width, height)) as pilot:
            await wait(pilot, lambda app=app: "baseline" in words(app))
            keys = [ColumnKey(run, index) for index in range(4)]
            screen = CompareScreen(path, keys, 0, 1, ASCII)
            app.push_screen(screen)
            await wait(pilot, lambda screen=screen: screen.state.digest is not None)
            await wait(pilot, lambda app=app: "decision" in words(app))
            assert "both right" in words(app) and words(app).isascii()
            await pilot.resize_terminal(100, 30)
            await pilot.press("G", "tab", "x", "d")
            await wait(pilot, lambda app=app: "discriminating rows" in words(app))
