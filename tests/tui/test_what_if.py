"""What comes of a what-if, with a real worker: shown as it is written, and against the parent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from align_tui.store import launch as store_launch
from align_tui.store import runs
from align_tui.store.database import Database
from align_tui.tui.dialogs.confirm import ConfirmDialog
from align_tui.tui.dialogs.edit import EditDialog
from align_tui.tui.dialogs.target_editor import TargetDialog
from align_tui.tui.screens.study.screen import StudyScreen
from tests.engine.fakes import Opener
from tests.engine.test_worker import until, working
from tests.tui import fakes
from tests.tui.test_screen import opened, screen_of, words

pytestmark = pytest.mark.asyncio


def replaced(old: str, new: str) -> Callable[[Any], None]:
    """An edit of a text dialog."""

    def edit(dialog: EditDialog) -> None:
        assert old in dialog.area.text
        dialog.area.text = dialog.area.text.replace(old, new, 1)

    return edit


CHANGES: list[tuple[str, str, Callable[[Any], None] | None, str]] = [
    ("e", "f2", replaced("Patient", "The patient"), "bridge-collapse edited"),
    ("v", "enter", None, "moral-desert-high: target 1 -> 0"),
    ("p", "f2", replaced("chars = 512", "chars = 99"), "max reasoning chars 512 -> 99"),
    ("E", "f2", replaced("So it is.", "So it is not."), "reasoning on bridge-collapse edited"),
]  # fmt: skip


async def test_the_panes_of_a_change_fill_without_a_key(
    path: Path, db: Database, monkeypatch: pytest.MonkeyPatch, wait: Any
) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)
    study = fakes.study(2, profiles=2)
    run, opener = runs.create_run(db, study, {}), Opener()
    async with working(path, opener):
        await until(lambda: runs.get_run(db, run).finished)
        model = opener.opened[0][1]
        model.first = len('{"reasoning":"So it')
        for key, runs_it, edit, name in CHANGES:
            app = opened(path, study, run)
            model.gate.clear()
            model.pick = 1
            async with app.run_test(size=(100, 30)) as pilot:
                await wait(pilot, lambda app=app: screen_of(app).snapshot.panes)
                parent = screen_of(app)
                await pilot.press("2", key)
                dialog: Any = app.screen
                assert isinstance(dialog, EditDialog | TargetDialog)
                if edit is not None:
                    edit(dialog)
                    await pilot.press(runs_it)
                else:
                    await pilot.press("0", runs_it)
                await wait(pilot, lambda: screen_of(app) is not parent)
                child = screen_of(app)
                place = child.state.focus

                def pane(child: StudyScreen = child, place: int = place) -> Any:
                    return child.snapshot.panes[place] if child.snapshot.panes else None

                if key != "E":  # its reasoning is given
                    await wait(pilot, lambda: pane() and pane().text == "So it")
                    assert pane().status == "running" and "So it" in words(app)
                model.gate.set()
                await wait(pilot, lambda: pane() and pane().result is not None)
                await wait(pilot, lambda: "changed A -> B" in words(app))
                await wait(pilot, lambda: "So it is" in words(app) and "9 tokens" in words(app))
                assert name in runs.get_run(db, child.session.run or "").name
                assert child.snapshot.scenario == child.state.scenario


async def test_escape_asks_before_it_throws_an_edit_away(
    path: Path, finished: tuple[str, Any], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        for keys, edits in (("e",), "x"), (("v",), "0"), (("r", "w"), "x"), (("W",), "x"):
            below = len(app.screen_stack)
            await pilot.press(*keys)
            dialog = app.screen
            await pilot.press(edits, "escape")
            assert isinstance(app.screen, ConfirmDialog)
            await pilot.press("escape")  # keeps the edit
            assert app.screen is dialog
            await pilot.press("escape", "y")
            assert dialog not in app.screen_stack
            while len(app.screen_stack) > below:
                app.pop_screen()
