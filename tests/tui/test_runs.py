"""The list of runs: filter, tags and notes, trash, search, and runs that another process writes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from align_tui.config.study import Study
from align_tui.store import history as stored
from align_tui.store import launch as store_launch
from align_tui.store import results, run_annotations, runs, trash
from align_tui.store.database import Database
from align_tui.store.history import RunLine
from align_tui.tui.application import AlignApp
from align_tui.tui.format import run_list
from align_tui.tui.format.glyphs import ASCII, UNICODE
from align_tui.tui.format.search import around, marked
from align_tui.tui.format.styled_text import cells, text_of
from align_tui.tui.screens.compare.screen import CompareScreen
from align_tui.tui.screens.runs.screen import RunsScreen
from align_tui.tui.screens.study.replay import ReplayScreen
from align_tui.tui.screens.study.screen import StudyScreen
from tests.tui import fakes
from tests.tui.test_screen import opened, words

Finished = tuple[str, Study]


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)


def three(db: Database, finished: Finished) -> tuple[str, str, str]:
    """A finished, a paused and a waiting run, the newest last."""
    run, study = finished
    paused = runs.create_run(db, study, {})
    runs.set_state(db, paused, "paused")
    runs.rename(db, paused, "Paused [bold]one")
    waiting = runs.create_run(db, study, {})
    runs.rename(db, waiting, "日本語 waits")
    run_annotations.set_tags(db, run, ["paper", "v2"])
    run_annotations.set_note(db, paused, "Ask Ada\x1b[31m about this.\n\nAgain.")
    run_annotations.toggle_bookmark(db, results.states(db, run)[0].id)
    return run, paused, waiting


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "fpw"), ("is:finished", "f"), ("is:paused", "p"), ("is:wait", "w"), ("is:failed", "f"),
        ("is:bookmarked", "f"), ("is:judged", ""), ("is:", "fpw"), ("tag:pap", "f"),
        ("tag:paper tag:v2", "f"), ("tag:x", ""), ("ada", "p"), ("ADA paused", "p"),
        ("ada finished", ""), ("語", "w"), ("risk-aversion-high", "fpw"), ("[bold]", "p"),
    ],
)  # fmt: skip
def test_the_filter(db: Database, finished: Finished, query: str, found: str) -> None:
    names = dict(zip(three(db, finished), "fpw", strict=True))
    kept = run_list.narrowed(stored.list_history(db), query)
    assert {names[line.row.id] for line in kept} == set(found)


@pytest.mark.parametrize("width", [50, 78, 150])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_lines_fit_and_say_what_a_run_is(
    db: Database, finished: Finished, width: int, glyphs: Any
) -> None:
    run, paused, _ = three(db, finished)
    lines = {line.row.id: line for line in stored.list_history(db)}
    now = lines[run].row.created
    for line in lines.values():
        made = run_list.run_line(
            line, current=True, chosen=True, width=width, now=now, glyphs=glyphs
        )
        assert cells(made) == width
        shown = run_list.detail_lines(line, stored.read_detail(db, line.row.id), width - 10, glyphs)
        assert all(cells(each) <= width - 10 for each in shown)
        assert "\x1b" not in "".join(text_of(each) for each in shown)
    text = text_of(
        run_list.run_line(
            lines[run], current=False, chosen=False, width=150, now=now, glyphs=glyphs
        )
    )
    assert "23/24" in text and "finished" in text and "#paper #v2" in text
    assert "1 bookmarked" in text and f"{glyphs.marks['failed']}1" in text
    detail = run_list.detail_lines(lines[paused], stored.read_detail(db, paused), 60, glyphs)
    assert "Again." in [text_of(each) for each in detail]
    assert run_list.when(now - 10**8, now)[:2] == "20"


def test_what_a_search_found_is_in_sight_and_marked() -> None:
    parts = (("long before " * 9, False), ("rescuer", True), (" goes\nfirst " * 9, False))
    for width in (20, 40, 200):
        line = around(parts, width, "…")
        assert cells(line) <= width
        assert [text for text, style in line if style == "hit"] == ["rescuer"]
    assert text_of(around(parts, 40, "…")).startswith("…")
    assert marked("A (b) a", ["a", "(b)"]) == (
        ("A", True), (" ", False), ("(b)", True), (" ", False), ("a", True),
    )  # fmt: skip


def runs_screen(app: AlignApp) -> RunsScreen:
    assert isinstance(app.screen, RunsScreen)
    return app.screen


def listed(app: AlignApp) -> list[RunLine]:
    """The listed runs; none if another screen is on top."""
    return app.screen.state.shown if isinstance(app.screen, RunsScreen) else []


async def test_a_day_with_the_runs(
    path: Path,
    db: Database,
    finished: Finished,
    wait: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    run, paused, waiting = three(db, finished)
    app = opened(path, finished[1], run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: "baseline" in words(app))
        await pilot.press("r")
        await wait(pilot, lambda: len(listed(app)) == 3)
        screen = runs_screen(app)
        assert screen.state.run == run and "#paper" in words(app)
        await pilot.press("g", "j")
        await wait(pilot, lambda: "Ask Ada" in words(app))
        assert "Paused [bold]one" in words(app)
        # Tags, a note, a name.
        await pilot.press("t", *"Pilot", "enter")
        await wait(pilot, lambda: "#pilot" in words(app))
        await pilot.press("w", "ctrl+home", *"Mine: ", "ctrl+s")
        await wait(pilot, lambda: "Mine: Ask Ada" in words(app))
        await pilot.press("e", *" II", "enter")
        await wait(pilot, lambda: "Paused [bold]one II" in words(app))
        assert runs.get_run(db, paused).name == "Paused [bold]one II"
        # Into the trash, back, in again, and for good after a question.
        await pilot.press("D")
        await wait(pilot, lambda: trash.thrown(db) == [paused])
        await wait(pilot, lambda: len(screen.state.shown) == 2)
        await pilot.press("u")
        await wait(pilot, lambda: len(screen.state.shown) == 3 and screen.state.run == paused)
        assert runs.get_run(db, paused).state == "paused"
        await pilot.press("D")
        await wait(pilot, lambda: len(screen.state.shown) == 2)
        await pilot.press("T")
        await wait(pilot, lambda: "brings back" in words(app) and len(screen.state.shown) == 1)
        await pilot.press("x")
        await wait(pilot, lambda: "this run is in the trash" in words(app))
        await pilot.press("D")
        await wait(pilot, lambda: "Remove Paused" in words(app))
        await pilot.press("y")
        await wait(pilot, lambda: "the trash is empty" in words(app))
        await pilot.press("escape")
        await wait(pilot, lambda: len(screen.state.shown) == 2)
        # A filter, and out of it.
        await pilot.press("f", *"is:fin", "enter")
        await wait(pilot, lambda: [line.row.id for line in screen.state.shown] == [run])
        # Export twice; an existing file is never overwritten.
        out = tmp_path / "out.jsonl"
        for said in ("exported to", "exists already"):
            await pilot.press("x", "enter")
            await wait(pilot, lambda: "write to file" in words(app))
            await pilot.press("ctrl+u", *"out.jsonl", "enter")
            await wait(pilot, lambda said=said: said in words(app))
        assert len(out.read_text().splitlines()) == 26
        await pilot.press("escape", "escape")
        await wait(pilot, lambda: len(screen.state.shown) == 2)
        assert waiting in {line.row.id for line in screen.state.shown}


async def test_search_all_opens_the_run_at_the_decision(
    path: Path, db: Database, finished: Finished, wait: Any
) -> None:
    run, study = finished
    other = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    for claimed in worker.claim(24):
        rare = "A quokka decides." if (claimed.scenario, claimed.profile) == (3, 2) else None
        worker.finish(claimed, rare)
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: "baseline" in words(app))
        await pilot.press("r")
        await wait(pilot, lambda: len(listed(app)) == 2)
        await pilot.press("slash", *"quok")
        await wait(pilot, lambda: "1 found" in words(app))
        assert "A quokka decides" in words(app) and study.scenarios[3].key in words(app)
        await pilot.press("enter")
        await wait(pilot, lambda: isinstance(app.screen, StudyScreen))
        screen = app.screen
        assert isinstance(screen, StudyScreen)
        await wait(pilot, lambda: "A quokka decides" in words(app))
        assert (screen.session.run, screen.state.scenario, screen.state.focus) == (other, 3, 2)


async def test_a_run_that_another_process_writes_opens_live_for_two(
    path: Path, db: Database, finished: Finished, wait: Any
) -> None:
    run, study = finished
    running = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    worker.beat()
    app = opened(path, study, run)
    second = opened(path, study, running)
    async with app.run_test(size=(120, 40)) as pilot, second.run_test(size=(80, 24)) as other:
        await wait(pilot, lambda: "baseline" in words(app))
        await pilot.press("r")
        await wait(pilot, lambda: len(listed(app)) == 2)
        await pilot.press("g", "enter")
        await wait(pilot, lambda: isinstance(app.screen, StudyScreen))
        screen = app.screen
        assert isinstance(screen, StudyScreen) and screen.session.run == running
        [claimed] = worker.claim(1)
        raw, _ = worker.raw(claimed, "Written by another process.")
        worker.write(claimed, raw[:40])
        for each, terminal in ((app, pilot), (second, other)):
            await wait(terminal, lambda each=each: "Written by another" in words(each))
        worker.finish(claimed, "Written by another process.")
        for each, terminal in ((app, pilot), (second, other)):
            await wait(terminal, lambda each=each: "process." in words(each))
        await pilot.press("r")
        await wait(pilot, lambda: "1/24" in words(app))
        for claimed in worker.claim(3):
            worker.finish(claimed)
        await wait(pilot, lambda: "4/24" in words(app))  # the list updates by itself


async def test_replay_compare_and_import_from_the_list(
    path: Path,
    db: Database,
    finished: Finished,
    wait: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    run, study = finished
    again = runs.create_run(db, study, {})
    record = {
        "input": {"scenario_id": "old", "state": "Text", "choices": [
            {"unstructured": "a"}, {"unstructured": "b"}]},
        "output": {"choice": 1, "action": {"justification": "imported reason"}},
    }  # fmt: skip
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir" / "input_output.json").write_text(json.dumps([record]))
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: "baseline" in words(app))
        await pilot.press("r")
        await wait(pilot, lambda: len(listed(app)) == 2)
        screen = runs_screen(app)
        await pilot.press("I", *"nowhere", "enter")
        await wait(pilot, lambda: "this did not work" in words(app))
        await pilot.press("escape", "I", *"dir", "enter")
        await wait(pilot, lambda: "#imported" in words(app))
        assert len(screen.state.shown) == 3
        await pilot.press("g", "space", "space", "c")
        await wait(pilot, lambda: isinstance(app.screen, CompareScreen))
        compared = app.screen
        assert isinstance(compared, CompareScreen)
        assert len({key.run for key in compared.state.keys}) == 2
        assert again in {key.run for key in compared.state.keys}
        await wait(pilot, lambda: compared.state.digest is not None)
        await pilot.press("escape")
        screen.state.run = run
        await pilot.press("p")
        await wait(pilot, lambda: isinstance(app.screen, ReplayScreen))
        assert app.launch is not None and app.launch.run == run


async def test_the_study_screen_keeps_bookmark_and_verdict(
    path: Path, db: Database, finished: Finished, wait: Any
) -> None:
    run, study = finished
    sample = results.states(db, run)[0].id
    app = opened(path, study, run)
    async with app.run_test(size=(160, 40)) as pilot:
        await wait(pilot, lambda: "stronger claim" in words(app))
        await pilot.press("m", "b")
        await wait(pilot, lambda: "bookmarked · demo" in words(app))
        await pilot.press("V")
        await wait(pilot, lambda: "bookmarked, you agree · demo" in words(app))
        assert run_annotations.annotation_of(db, sample) == run_annotations.Annotation(
            True, "agree"
        )
        await pilot.press("V", "V", "V", "b")
        await wait(
            pilot, lambda: run_annotations.annotation_of(db, sample) == run_annotations.NOTHING
        )
        await wait(pilot, lambda: "you" not in words(app).split("stronger claim")[-1])
        await pilot.press("j", "j", "2")  # a failed sample has no decision
        await wait(pilot, lambda: "cut at 9 tokens" in words(app))
        await pilot.press("V")
        await wait(pilot, lambda: "the focused pane has no decision yet" in words(app))


async def test_browsing_begins_with_the_list_and_lives_in_ascii(
    path: Path, db: Database, finished: Finished, wait: Any
) -> None:
    run, study = finished
    for size in ((60, 15), (80, 24)):
        app = opened(path, study, run, browse=True)
        app.glyphs = ASCII
        async with app.run_test(size=size) as pilot:
            await wait(pilot, lambda app=app: "finished" in words(app))
            assert words(app).isascii()
            await pilot.resize_terminal(130, 20)
            await pilot.press("question_mark")
            await wait(pilot, lambda app=app: "to the trash" in words(app))
            await pilot.press("escape", "q")
            await wait(pilot, lambda app=app: isinstance(app.screen, StudyScreen))


def test_browse_without_a_terminal_says_so_and_writes_nothing() -> None:
    from tests.calling import call

    refused = call("browse")
    assert refused.returncode == 2 and "needs a terminal" in refused.stderr
    assert not Path(os.environ["ALIGN_TUI_DB"]).exists()


async def test_a_key_stops_the_run_that_is_looked_at(path: Path, db: Database, wait: Any) -> None:
    study = fakes.study(2, 2)
    run = runs.create_run(db, study, {})
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: "baseline" in words(app))
        await pilot.press("r")
        await wait(pilot, lambda: isinstance(app.screen, RunsScreen) and "0/4" in words(app))
        await pilot.press("S")
        await wait(pilot, lambda: "4 samples are left" in words(app))
        assert runs.get_run(db, run).state == "stopped"
