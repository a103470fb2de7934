"""The first frame appears before the study is read; errors of the study follow the screen's end."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.events import Paste

from align_tui.cli.screen import _with_demo_run
from align_tui.config.options import Options
from align_tui.config.study import Study
from align_tui.core.errors import ConfigError
from align_tui.store import runs, trash
from align_tui.store.database import open_database
from align_tui.studies.assemble import load_study
from align_tui.tui.dialogs.edit import EditDialog
from align_tui.tui.launch import Launch
from align_tui.tui.screens.study.screen import StudyScreen
from align_tui.tui.startup import OpeningApp
from tests.tui import fakes
from tests.tui.storms import as_key
from tests.tui.test_screen import words


async def test_a_frame_is_there_before_the_study_is(path: Path, wait: Any) -> None:
    go = threading.Event()

    def read() -> tuple[Launch, Study]:
        assert go.wait(10)
        return Launch(path, None, None, autostart=False), fakes.study(2)

    app = OpeningApp(read, "mine.toml")
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: "opening mine.toml" in words(app))
        await wait(pilot, lambda: "mine.toml … 1 s" in words(app))
        assert not isinstance(app.screen, StudyScreen)
        for key in "je":  # they wait for the screen, and go where they would have gone
            app.post_message(as_key(key))
        app.post_message(Paste("pasted "))
        await pilot.pause()
        go.set()
        await wait(pilot, lambda: isinstance(app.screen, EditDialog))
        editor = app.screen
        assert isinstance(editor, EditDialog)
        await wait(pilot, lambda: editor.area.text.startswith("pasted title"))
        await pilot.press("escape", "y")
        await wait(pilot, lambda: "2/2" in words(app))
        assert "opening" not in words(app)
        assert app._waiting._task is None  # the hidden frame counts no more seconds


def test_the_demo_shows_the_run_that_is_there(path: Path) -> None:
    study = load_study(Options())
    asked = Launch(path, study, None, autostart=True)
    assert _with_demo_run(asked, study) == asked  # there is no database
    with closing(open_database(path)) as db:
        assert _with_demo_run(asked, study) == asked
        runs.create_run(db, fakes.study(2, is_demo=True), {})  # the demo of another version
        runs.create_run(db, replace(study, is_demo=False), {})
        assert _with_demo_run(asked, study) == asked
        run = runs.create_run(db, study, {})
        assert _with_demo_run(asked, study) == replace(asked, run=run)  # it continues
        runs.set_state(db, run, "paused")
        assert _with_demo_run(asked, study) == replace(asked, run=run, autostart=False)
        trash.throw_away(db, run)
        assert _with_demo_run(asked, study) == asked


async def test_it_can_be_left_before_the_study_is_there() -> None:
    go = threading.Event()

    def read() -> tuple[Launch, Study]:
        assert go.wait(10)
        raise ConfigError("too late to matter")

    app = OpeningApp(read)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("ctrl+c")
        go.set()
    assert app.return_code == 0 and app.failure is None


async def test_what_is_wrong_with_a_study_ends_the_screen() -> None:
    def read() -> tuple[Launch, Study]:
        raise ConfigError("no such profile", "try another")

    app = OpeningApp(read)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
    assert app.refusal is not None and app.refusal.message == "no such profile"


def in_terminal(arguments: list[str], env: dict[str, str]) -> tuple[int, str]:
    """(exit status, output) of the program in a pty."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "align_tui", *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=env) as process:
        os.close(theirs)
        seen = b""
        try:
            while data := os.read(ours, 1 << 16):
                seen += data
        except OSError:
            pass  # Linux raises this when the other side of the pty is closed
        os.close(ours)
    return process.returncode, seen.decode(errors="replace")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-p", "basline"], "Did you mean baseline"),
        (["--run", "k3f9"], "There is no run database"),
        (["replay", "k3f9"], "There is no run database"),
        (
            ["--run", "k3f9", "-p", "baseline"],
            "Leave out the study, the profiles",
        ),
    ],
)
def test_errors_are_told_once_the_terminal_is_itself_again(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    database = tmp_path / "none" / "runs.db"
    env = {**os.environ, "ALIGN_TUI_DB": str(database), "TERM": "xterm-256color"}
    status, seen = in_terminal(arguments, env)
    screen, _, said = seen.rpartition("\x1b[?1049l")
    assert status == 2 and message in said and "Traceback" not in seen
    assert screen.count("\x1b[?1049h") == bool(screen)
    assert not database.parent.exists()
