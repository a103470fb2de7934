"""What comes of a what-if, with a real worker: shown as it is written, and against the parent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from align_tui.monitor.snapshot import Shown
from align_tui.store import launch as store_launch
from align_tui.store import runs
from align_tui.store.database import Database
from align_tui.tui.dialogs.confirm import ConfirmDialog
from align_tui.tui.dialogs.edit import EditDialog
from align_tui.tui.dialogs.target_editor import TargetDialog
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
    ("E", "f2", replaced("So it is.", "So it is not."), "reasoning on bridge-collapse~1 edited"),
]


async def test_the_panes_of_a_change_fill_without_a_key(
    path: Path, db: Database, monkeypatch: pytest.MonkeyPatch, wait: Any
) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)
    study = fakes.study(2, profiles=2)
    run, opener = runs.create_run(db, study, {}), Opener()
    app = opened(path, study, run)

    def pane() -> Shown | None:
        """The changed one; None before the first snapshot."""
        screen = screen_of(app)
        panes = screen.snapshot.panes
        return panes[screen.state.focus] if panes else None

    async with working(path, opener):
        await until(lambda: runs.get_run(db, run).finished)
        model = opener.opened[0][1]
        model.first = len('{"reasoning":"So it')
        async with app.run_test(size=(100, 30)) as pilot:
            await wait(pilot, pane)
            await pilot.press("2")
            for number, (key, runs_it, edit, name) in enumerate(CHANGES):
                model.gate.clear()
                model.pick = (number + 1) % 2
                old = screen_of(app).session.run
                await pilot.press(key)
                dialog: Any = app.screen
                assert isinstance(dialog, EditDialog | TargetDialog)
                if edit is None:
                    await pilot.press("0")
                else:
                    edit(dialog)
                await pilot.press(runs_it)
                await wait(pilot, lambda dialog=dialog: app.screen is not dialog)
                if isinstance(app.screen, ConfirmDialog):  # on a machine that is slow at present
                    await pilot.press("y")
                await wait(pilot, lambda old=old: screen_of(app).session.run != old and pane())
                if key != "E":  # its reasoning is given
                    await wait(pilot, lambda: getattr(pane(), "text", "") == "So it")
                    assert "So it" in words(app) and getattr(pane(), "status", "") == "running"
                model.gate.set()
                turned = "changed B -> A" if number % 2 else "changed A -> B"
                for shown in (turned, "So it is", "9 tokens", "1.0"):
                    await wait(pilot, lambda shown=shown: shown in words(app))
                assert name in runs.get_run(db, screen_of(app).session.run or "").name


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
