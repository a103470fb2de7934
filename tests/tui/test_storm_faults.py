"""Faults that storms of keys have found, one test for each."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.command import CommandList, CommandPalette, DiscoveryHit
from textual.screen import ModalScreen
from textual.widgets import Input

from align_tui.config.failure_log import screen_log
from align_tui.config.study import Study
from align_tui.store import launch as store_launch
from align_tui.store.database import Database
from align_tui.tui import pager
from align_tui.tui.dialogs.modal import Dialog
from align_tui.tui.dialogs.questions import InputDialog
from align_tui.tui.keymap_file import screens
from align_tui.tui.palette import Palette
from align_tui.tui.screens.compare.screen import CompareScreen
from align_tui.tui.screens.decision.screen import DecisionScreen
from align_tui.tui.screens.runs.screen import RunsScreen
from align_tui.tui.screens.study.screen import StudyScreen
from align_tui.tui.store_thread import StoreThread
from tests.tui.storms import as_key
from tests.tui.test_screen import opened, words

Finished = tuple[str, Study]


def test_every_dialog_is_dismissed_once() -> None:
    dialogs = [kind for kind in screens().values() if issubclass(kind, ModalScreen)]
    assert len(dialogs) > 5
    assert [
        kind.__name__ for kind in dialogs if not issubclass(kind, Dialog | CommandPalette)
    ] == []


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)


async def test_a_file_that_is_written_after_its_screen_was_left(
    path: Path, finished: Finished, wait: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, study = finished
    written, left = threading.Event(), threading.Event()

    def slowly(name: str, text: str) -> Path:
        left.wait(10)
        written.set()
        return path

    monkeypatch.setattr(pager, "keep", slowly)
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: "stronger" in words(app))
        await pilot.press("i")
        await wait(pilot, lambda: isinstance(app.screen, DecisionScreen))
        await pilot.press("o", "y", "escape")
        left.set()
        await wait(pilot, written.is_set)
        await pilot.pause()
        assert isinstance(app.screen, StudyScreen)


async def test_two_enters_take_one_form_away(path: Path, finished: Finished, wait: Any) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("r")
        await wait(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.state.shown)
        await pilot.press("e")
        await wait(pilot, lambda: isinstance(app.screen, InputDialog))
        form = app.screen
        assert isinstance(form, InputDialog)
        form.dismiss("one")
        form.dismiss("two")
        await pilot.pause()
        assert isinstance(app.screen, RunsScreen)


async def test_enter_in_one_packet_with_the_key_that_asks_for_a_line(
    path: Path, finished: Finished, wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("r")
        await wait(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.state.shown)
        for _ in range(5):
            app.push_screen(InputDialog("what it is called", "a name", "", ascii_only=False))
            dialog = app.screen
            assert isinstance(dialog, InputDialog) and not dialog.is_mounted
            dialog.action_take()  # before its line has been composed
            await pilot.pause()
            await wait(pilot, lambda: isinstance(app.screen, RunsScreen))


async def test_runs_that_go_while_their_list_is_measured(
    path: Path, finished: Finished, wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("r")
        await wait(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.state.shown)
        screen = app.screen
        assert isinstance(screen, RunsScreen)
        screen.state.shown = []
        screen.presenter.list.on_resize()  # before the next repaint
        assert screen.presenter.list.size.height > 1


async def test_a_row_that_was_read_before_a_column_came(
    path: Path, finished: Finished, wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: "stronger" in words(app))
        await pilot.press("c")
        await wait(
            pilot, lambda: isinstance(app.screen, CompareScreen) and "sign-flip" in words(app)
        )
        screen = app.screen
        assert isinstance(screen, CompareScreen)
        digest = screen.state.digest
        assert digest is not None
        screen.state.second = len(screen.state.keys)  # the state after a column was added
        screen.reading.read_texts(digest.paired.rows[0])


async def test_a_palette_without_its_list_yet(path: Path, finished: Finished, wait: Any) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: "stronger" in words(app))
        for key in ("ctrl+p", "pagedown", "pageup", "escape", "ctrl+p", "escape"):
            app.post_message(as_key(key))
        await pilot.pause()
        await wait(pilot, lambda: not isinstance(app.screen, Palette))


@pytest.mark.parametrize("width", [1, 4, 6])
async def test_a_palette_on_a_terminal_of_a_few_columns(
    path: Path, finished: Finished, wait: Any, width: int
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: "stronger" in words(app))
        await pilot.press("ctrl+p")
        await wait(pilot, lambda: bool(app.screen.query(CommandList)))
        await wait(pilot, lambda: app.screen.query_one(CommandList).option_count > 10)
        await pilot.resize_terminal(width, 26)
        await pilot.press("k", "down", "escape")
        await wait(pilot, lambda: not isinstance(app.screen, Palette))


async def test_keys_for_the_list_of_a_palette_that_is_closing(
    path: Path, finished: Finished, wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: "stronger" in words(app))
        await pilot.press("ctrl+p")
        await wait(pilot, lambda: bool(app.screen.query(CommandList)))
        palette = app.screen
        await palette.query(CommandList).remove()
        palette._action_command_list("cursor_down")  # type: ignore[attr-defined]  # as its key does


async def test_a_screen_whose_widgets_are_gone_is_not_painted(
    path: Path, finished: Finished, wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: "stronger" in words(app))
        screen = app.screen
        assert isinstance(screen, StudyScreen)
        await screen.host.presenter.scenario_list.widget.remove()
        screen.host.lay_out()  # as a key does that was queued when the screen closed
        await pilot.pause()


@pytest.mark.parametrize("size", [(1, 1), (2, 90), (4, 90), (300, 1)])
async def test_a_terminal_of_a_few_cells(
    path: Path, finished: Finished, wait: Any, size: tuple[int, int]
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: "stronger" in words(app))
        screen = app.screen
        assert isinstance(screen, StudyScreen)
        screen.host.complain("It did not work", "and this is why")
        await pilot.resize_terminal(*size)
        await pilot.resize_terminal(100, 30)
        await wait(pilot, lambda: "this is why" in words(app))


@pytest.mark.parametrize("error", [ValueError("a fault of ours"), SystemExit(3)])
def test_what_a_job_raises_while_its_screen_goes_keeps_its_traceback(
    path: Path, db: Database, error: BaseException
) -> None:
    def job(db: Database) -> None:
        raise error

    thread = StoreThread(path, lambda what: False, lambda *_: None)
    thread.do(job, lambda _: None)
    thread.close()
    log = screen_log().read_text(encoding="utf-8")
    assert "in job" in log and type(error).__name__ in log


async def test_what_fails_after_a_failure_is_in_the_log_too(
    path: Path, finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, study = finished
    app = opened(path, study, run)
    monkeypatch.setattr(App, "_handle_exception", lambda self, error: None)
    first, second = ValueError("the first"), KeyError("what follows")
    for error in (first, second, first):
        app._handle_exception(error)
    assert app.failure is not None and app.failure.error is first
    log = screen_log().read_text(encoding="utf-8")
    assert "what follows" in log and "the first" not in log  # the first is logged at the end


def test_a_closed_store_thread_does_no_jobs(path: Path, db: Database) -> None:
    thread = StoreThread(path, lambda what: True, lambda *_: None)
    thread.close()
    thread.do(lambda db: pytest.fail("it was done"), lambda _: None)


async def test_two_enters_run_one_command_of_the_palette(
    path: Path, finished: Finished, wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    ran = []
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: "stronger" in words(app))
        await pilot.press("ctrl+p")
        await wait(pilot, lambda: isinstance(app.screen, Palette) and app.screen.query(CommandList))
        palette = app.screen
        assert isinstance(palette, Palette)
        line = palette.query_one(Input)
        palette._selected_command = DiscoveryHit("one", lambda: ran.append("one"))
        palette._list_visible = False
        line.post_message(Input.Submitted(line, ""))
        line.post_message(Input.Submitted(line, ""))
        await wait(pilot, lambda: bool(ran))
        palette.dismiss()
        await pilot.pause()
        assert ran == ["one"]
        assert isinstance(app.screen, StudyScreen)
