"""The screen through Textual's pilot: keys, streaming, hostile text, leaving."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from align_tui.config.study import OUT_OF_DEPTH, Study
from align_tui.core.scenarios import Choice, Scenario
from align_tui.monitor.run_state import RunState
from align_tui.store import launch as store_launch
from align_tui.store import queue, results, runs
from align_tui.store.database import Database
from align_tui.tui.application import AlignApp, Shell
from align_tui.tui.format.glyphs import ASCII
from align_tui.tui.format.styled_text import text_of
from align_tui.tui.launch import Launch
from align_tui.tui.screens.study.screen import StudyScreen
from align_tui.tui.widgets.prose import Prose
from tests.tui import fakes

pytestmark = pytest.mark.asyncio


def opened(path: Path, study: Study, run: str | None = None, **extra: Any) -> AlignApp:
    launch = Launch(path, study, run, extra.pop("autostart", False), **extra)
    return AlignApp(launch, study)


def screen_of(app: AlignApp) -> StudyScreen:
    found = next(screen for screen in app.screen_stack if isinstance(screen, StudyScreen))
    return found


def words(app: Shell) -> str:
    """All text on the screen."""
    _width, height = app.size
    lines = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in lines[:height])


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Start no process; return the databases for which a worker was to be started."""
    asked: list[Path] = []
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: asked.append(db.path))
    return asked


async def test_streaming_then_decision(path: Path, db: Database, wait: Any) -> None:
    study = fakes.study(3)
    app = opened(path, study)
    async with app.run_test(size=(145, 40)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: "Nothing is decided" in words(app))
        assert results_count(db) == 0 and db.one("SELECT 1 FROM runs") is None
        await pilot.press("enter")
        await wait(pilot, lambda: screen.snapshot.counts.pending == 4)
        assert "waiting" in words(app)
        worker = fakes.FakeWorker(db, study)
        worker.beat("loading", detail="loading the demo model", progress=0.4)
        await wait(pilot, lambda: "loading the demo model" in words(app) and "40 %" in words(app))
        batch = worker.claim(4)
        assert {claimed.scenario for claimed in batch} == {0}
        raw, _ = worker.raw(batch[1], "First this was \\ thought, then that.")
        worker.write(batch[1], raw[:30])
        await wait(pilot, lambda: screen.snapshot.panes[1].text.startswith("First this"))
        seen = prose(screen, 1)
        assert raw[:30].endswith(seen[-5:]) and "▌" in words(app)
        worker.finish(batch[1], "First this was \\ thought, then that.")
        await wait(pilot, lambda: screen.snapshot.panes[1].status == "done")
        assert ("then that." in words(app) and "✗ B" in words(app)) or "✓ B" in words(app)
        worker.fail(batch[2], "truncated", "The reply was cut at 9 tokens")
        await wait(pilot, lambda: "! The reply was cut" in words(app))
        assert "x retry" in words(app)
        await pilot.press("enter")
        await wait(pilot, lambda: screen.snapshot.counts.failed == 0)
        await pilot.press("a")
        await wait(pilot, lambda: screen.snapshot.counts.total == 12)
        assert len(db.read("SELECT id FROM runs")) == 1


def prose(screen: StudyScreen, pane: int) -> str:
    """The text of a pane."""
    scroller = screen.widgets.panes[pane].scroller
    assert isinstance(scroller, Prose)
    return scroller.text


def results_count(db: Database) -> int:
    row = db.one("SELECT count(*) FROM results")
    return int(row[0]) if row is not None else 0


async def test_keys(path: Path, finished: tuple[str, Study], wait: Any) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        screen = screen_of(app)
        look = screen.state
        await wait(pilot, lambda: screen.snapshot.counts.done == 23)
        for keys, scenario in (("j", 1), ("down", 2), ("k", 1), ("up", 0), ("G", 5), ("g", 0)):
            await pilot.press(keys)
            assert look.scenario == scenario, keys
        await pilot.press("tab")
        assert look.focus == 1 and screen.focused is screen.widgets.panes[1]
        await pilot.press("shift+tab", "shift+tab")
        assert look.focus == 3
        await pilot.press("2")
        assert look.focus == 1
        await pilot.press("m")
        assert screen.presenter.layout.grid.panes == (1,)  # type: ignore[union-attr]
        await pilot.press("escape")
        assert len(screen.presenter.layout.grid.panes) == 4  # type: ignore[union-attr]
        await pilot.press("n")
        target = screen.presenter.targets(look)
        found = look.scenario
        assert any(
            dict(cell.scores).get(target[p] or "") is False
            for p, cells in enumerate(screen.snapshot.rows[found])
            for cell in cells
            if cell
        )
        await pilot.press("N", "d")
        assert look.discriminating and "discriminating" in words(app)
        await pilot.press("t")
        assert look.compare == 1 and "moral desert ▼" in words(app)
        await pilot.press("s")
        assert look.unfolded
        await wait(pilot, lambda: "moral desert 1" in words(app))
        await pilot.press("s", "l")
        assert not screen.widgets.listing.display
        await pilot.press("l", "g", "j", "j")
        await wait(pilot, lambda: "cut at 9 tokens" in prose(screen, 1))
        await pilot.press("question_mark")
        await wait(pilot, lambda: "decide this scenario with all" in words(app))
        await pilot.press("escape", "1", "i")
        await wait(pilot, lambda: "prompt as the model saw it" in words(app))
        assert "<prompt of reservoir-road>" in words(app)
        await pilot.press("escape", "space")
        assert "nothing is left to decide" in words(app)
        await pilot.press("pagedown", "end", "home", "R")
        await pilot.press("q")
    assert app.return_value is not None and app.return_value.farewell() == ""


async def test_search_jumps_to_scenarios_and_reasoning(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts.done)
        await pilot.press("slash", *"adrift sea")
        modal = app.screen
        await wait(pilot, lambda: len(modal.found) >= 5 and not modal.searching)  # type: ignore[attr-defined]
        assert modal.found[0].profile is None  # type: ignore[attr-defined]
        await pilot.press("down", "enter")
        await wait(pilot, lambda: app.screen is screen and screen.state.scenario == 1)
        assert len(screen.state.hits) == 5
        first = screen.state.focus
        await pilot.press("n")
        assert screen.state.hit == 1 and screen.state.focus != first
        await pilot.press("escape")
        assert not screen.state.hits


async def test_hostile_text_is_only_text(path: Path, db: Database, wait: Any) -> None:
    bad = "[bold]x[/] [@click=app.quit]y[/] \x1b[31mred \u202eevil 日本語 e\u0301" + "w" * 100_000
    scenarios = (
        Scenario("k[/]\x1b[2J", bad, (Choice(bad[:3000]), Choice("[b]no[/b]")), "t[red]"),
        *fakes.scenarios(2),
    )
    profiles = (fakes.profile("[red]p[b]", ("moral_desert", 1.0)), fakes.profile("two"))
    study = Study("[b]s[/b]\x1b[31m", profiles, scenarios, notes=(OUT_OF_DEPTH, bad[:200]))
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    batch = worker.claim(2)
    for claimed in batch:
        worker.finish(claimed, bad + "\n\n**strong** `code`" if claimed.profile else bad)
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts.done == 2)
        await wait(pilot, lambda: "[bold]x[/]" in words(app))
        shown = words(app)
        assert "[red]p[b]" in shown and "[b]s[/b]" in shown and "t[red]" in shown
        for size in ((80, 24), (250, 60)):
            await pilot.resize_terminal(*size)
            await pilot.press("s", "i")
            await wait(pilot, lambda: "raw reply" in words(app) or len(app.screen_stack) > 2)
            await pilot.press("escape", "question_mark", "escape", "s", "m", "2", "m")
            assert "\x1b" not in words(app) and "\u202e" not in words(app)
        assert app.is_running


async def test_a_tiny_terminal_recovers(path: Path, finished: tuple[str, Study], wait: Any) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(50, 12)) as pilot:
        await wait(pilot, lambda: "please enlarge" in words(app))
        await pilot.press("j", "m", "tab", "s")
        await pilot.resize_terminal(80, 24)
        await wait(pilot, lambda: "Adrift at sea" in words(app) and "q leave" in words(app))
        await pilot.resize_terminal(59, 24)
        await wait(pilot, lambda: "please enlarge" in words(app))


async def test_pausing_and_leaving(
    path: Path, db: Database, wait: Any, no_worker: list[Path]
) -> None:
    study = fakes.study(3)
    app = opened(path, study, autostart=True)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts.pending == 12 and no_worker)
        worker = fakes.FakeWorker(db, study)
        worker.beat()
        await wait(pilot, lambda: screen.snapshot.workers)
        await pilot.press("space")
        await wait(pilot, lambda: screen.snapshot.state == "paused")
        assert worker.claim() == []
        await wait(pilot, lambda: "press space to resume" in words(app))
        await pilot.press("space")
        await wait(pilot, lambda: screen.snapshot.state == "active")
        await pilot.press("q")
        await wait(pilot, lambda: "leave: the run continues" in words(app))
        await pilot.press("escape")
        assert app.is_running and app.screen is screen
        await pilot.press("ctrl+c")
        await wait(pilot, lambda: "leave: the run continues" in words(app))
        await pilot.press("s")
        await wait(pilot, lambda: not app.is_running or app.return_value)
    parting = app.return_value
    assert parting is not None and parting.state == "stopped"
    assert runs.get_run(db, parting.run or "").state == "stopped"
    assert str(parting.run) in parting.farewell() and "space" in parting.farewell()


async def test_a_worker_that_dies_is_reported(
    path: Path, db: Database, wait: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Dead:
        def poll(self) -> int:
            return 3

    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: Dead())
    monkeypatch.setattr(store_launch, "log_tail", lambda: "Traceback...\n[red]no CUDA[/]")
    app = opened(path, fakes.study(2), autostart=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: "ended with status 3" in words(app))
        assert "[red]no CUDA[/]" in words(app)
        await pilot.press("escape")
        assert "no CUDA" not in words(app)


async def test_a_retry_elsewhere_and_a_released_sample_are_seen(
    path: Path, finished: tuple[str, Study], db: Database, wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts.failed == 1)
        runs.retry(db, run)
        await wait(pilot, lambda: screen.snapshot.counts.pending == 1)
        worker = fakes.FakeWorker(db, study)
        claimed = worker.claim()
        await wait(pilot, lambda: screen.snapshot.counts.running == 1)
        worker.release(claimed[:1])
        await wait(pilot, lambda: screen.snapshot.counts.pending == 1)


async def test_a_key_stops_what_runs_and_another_goes_on(
    path: Path, db: Database, wait: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)
    study = fakes.study(2, 2)
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    worker.beat()
    [held] = worker.claim(1)
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts.running == 1)
        await pilot.press("S")
        await wait(pilot, lambda: screen.snapshot.state == "stopped")
        await wait(pilot, lambda: "4 samples are left" in words(app))
        assert queue.orders(db, worker.id) == {held.key: "release"} and worker.claim(4) == []
        worker.release([held])
        await wait(pilot, lambda: "stopped: press space to resume" in words(app))
        await pilot.press("space")
        await wait(pilot, lambda: screen.snapshot.state == "active")
        for claimed in worker.claim(4):
            worker.finish(claimed)
        await wait(pilot, lambda: screen.snapshot.counts.done == 4)
        await pilot.press("S")
        await wait(pilot, lambda: "nothing is left to decide" in words(app))
        assert runs.get_run(db, run).state == "active"


async def test_ascii_terminals_get_ascii(
    path: Path, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = AlignApp(Launch(path, study, run, False), study, ASCII)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        assert words(app).isascii()


async def test_the_board_counts_as_the_database_does(
    finished: tuple[str, Study], db: Database
) -> None:
    run, study = finished
    board = RunState(study)
    board.load(results.states(db, run))
    ours = {(tally.profile, tally.target): tally for tally in board.tallies()}
    theirs = {(tally.profile, tally.target): tally for tally in results.tallies(db, run)}
    assert ours == theirs
    assert all(text_of(()) == "" for _ in ours)


async def test_text_follows_its_end_unless_the_user_scrolls_back(
    path: Path, db: Database, wait: Any
) -> None:
    study = fakes.study(1, 1)
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    (claimed,) = worker.claim(1)
    worker.write(claimed, '{"reasoning":"' + "word after word " * 120)
    app = opened(path, study, run)
    async with app.run_test(size=(80, 24)) as pilot:
        pane = screen_of(app).widgets.panes[0].scroller
        assert isinstance(pane, Prose)
        await wait(pilot, lambda: pane.max_scroll_y > 3)
        await wait(pilot, lambda: pane.scroll_offset.y == pane.max_scroll_y)
        before = pane.max_scroll_y
        worker.write(claimed, "and on " * 160)
        await wait(pilot, lambda: pane.max_scroll_y > before)
        await wait(pilot, lambda: pane.scroll_offset.y == pane.max_scroll_y)
        await pilot.press("pageup")
        await wait(pilot, lambda: pane.scroll_offset.y < pane.max_scroll_y)
        there, before = pane.scroll_offset.y, pane.max_scroll_y
        worker.write(claimed, "and further " * 90)
        await wait(pilot, lambda: pane.max_scroll_y > before)
        assert pane.scroll_offset.y == there
        await pilot.press("end")
        await wait(pilot, lambda: pane.scroll_offset.y == pane.max_scroll_y)
        before = pane.max_scroll_y
        worker.write(claimed, "and to its end " * 90)
        await wait(pilot, lambda: pane.max_scroll_y > before)
        await wait(pilot, lambda: pane.scroll_offset.y == pane.max_scroll_y)


async def test_finished_markdown_is_shown_as_markdown(path: Path, db: Database, wait: Any) -> None:
    study = fakes.study(2, 1)
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    first, second = worker.claim(2)
    worker.finish(first, "Reasons:\n\n- the **first** [b]x[/b]\n- the second")
    worker.finish(second, "Nothing but prose.")
    app = opened(path, study, run)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: "• the first [b]x[/b]" in words(app))
        await pilot.press("j")
        await wait(pilot, lambda: "Nothing but prose." in words(app))
        await pilot.press("k", "pagedown", "pageup")
        await wait(pilot, lambda: "• the first" in words(app))
