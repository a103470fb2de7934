"""The editors of the study screen: each runs its change in a child run, and shows it."""

from __future__ import annotations

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
from tests.tui import fakes
from tests.tui.test_screen import opened, screen_of, words

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    asked: list[Path] = []
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: asked.append(db.path))
    return asked


def child_of(db: Database, run: str) -> str | None:
    row = db.one("SELECT id FROM runs WHERE parent=?", (run,))
    return None if row is None else str(row[0])


async def test_an_edited_scenario_is_asked_in_a_child_run(
    path: Path, db: Database, finished: tuple[str, Any], wait: Any, no_worker: list[Path]
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        await pilot.press("j", "e")
        await wait(pilot, lambda: isinstance(app.screen, EditDialog))
        editor = app.screen
        assert isinstance(editor, EditDialog)
        shown = editor.area.text
        assert study.scenarios[1].text[:40] in shown

        editor.area.text = shown.replace("text = ", "txt = ", 1)
        await pilot.press("f2")
        await wait(pilot, lambda: "! " in words(app))
        assert isinstance(app.screen, EditDialog)  # it shows the error and keeps the text

        editor.area.text = shown.replace("Patient A", "Patient Q")
        await pilot.press("f2")
        await wait(pilot, lambda: child_of(db, run) is not None)
        child = child_of(db, run)
        assert child is not None
        await wait(pilot, lambda: screen_of(app).session.run == child)
        fresh = screen_of(app)
        await wait(pilot, lambda: fresh.snapshot.counts.pending == 4 and no_worker)
        assert fresh.state.scenario == 2 and "~1" in fresh.session.study.scenarios[2].key
        worker = fakes.FakeWorker(db, fresh.session.study)
        for claimed in worker.claim(4):
            assert claimed.scenario == 2
            worker.finish(claimed)
        await wait(pilot, lambda: fresh.snapshot.counts.done == 4)
        # What they wrote is shown at once, and not only once one has stepped away and back.
        await wait(pilot, lambda: [bool(p.text) for p in fresh.snapshot.panes] == [True] * 4)
        assert fresh.snapshot.scenario == 2
    assert runs.get_run(db, run).done == 23  # the parent's results are as they were


async def test_a_change_of_many_decisions_is_asked_with_its_cost(
    path: Path, db: Database, wait: Any
) -> None:
    study = fakes.study(9, profiles=2)
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    while batch := worker.claim(8):
        for claimed in batch:
            worker.finish(claimed, took=120.0)
    app = opened(path, study, run)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        for answer in ("n", "y"):
            await pilot.press("2", "v")
            await wait(pilot, lambda: isinstance(app.screen, TargetDialog))
            await pilot.press("left", "enter")
            await wait(pilot, lambda: isinstance(app.screen, ConfirmDialog))
            await wait(pilot, lambda: "at most 9 decisions" in words(app))
            # The fake worker's samples run side by side, and the model of both columns is one.
            assert "about 630 tokens and 1 min at the run's pace" in words(app)
            await pilot.press(answer)
            if answer == "n":  # the dialog keeps the edit
                await wait(pilot, lambda: "nothing was started" in words(app))
                assert isinstance(app.screen, TargetDialog) and app.screen.has_changed()
                assert child_of(db, run) is None
                await pilot.press("escape", "y")
            await wait(pilot, lambda: isinstance(app.screen, StudyScreen))
        await wait(pilot, lambda: child_of(db, run) is not None)


async def test_targets_are_steered_by_arrow_keys(
    path: Path, db: Database, finished: tuple[str, Any], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        await pilot.press("1", "v")
        await wait(pilot, lambda: "targets do not change how this decision-maker" in words(app))
        await pilot.press("escape", "2", "v")
        await wait(pilot, lambda: isinstance(app.screen, TargetDialog) and "1.0" in words(app))
        await pilot.press("left", "left", "left")
        assert ".70" in words(app)
        await pilot.press("left", "left", "left", "enter")
        await wait(pilot, lambda: child_of(db, run) is not None)
        child = child_of(db, run)
        assert child is not None
        changed = runs.load_study(db, child)
        assert changed.profiles[1].target[0].value == 0.4
        assert db.read("SELECT DISTINCT profile FROM samples WHERE run=?", (child,))[0][0] == 1


async def test_escape_leaves_everything_as_it_was(
    path: Path, db: Database, finished: tuple[str, Any], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        for key, kind in (("e", EditDialog), ("p", EditDialog), ("v", TargetDialog)):
            await pilot.press(key)
            await wait(pilot, lambda kind=kind: isinstance(app.screen, kind))
            await pilot.press("escape")
            await wait(pilot, lambda: isinstance(app.screen, StudyScreen))
    assert len(runs.list_runs(db)) == 1


async def test_changed_reasoning_is_concluded_from_beside_the_original(
    path: Path, db: Database, finished: tuple[str, Any], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(
            pilot, lambda: [p.status for p in screen_of(app).snapshot.panes][1:2] == ["done"]
        )
        await pilot.press("2", "E")
        await wait(pilot, lambda: isinstance(app.screen, EditDialog))
        editor = app.screen
        assert isinstance(editor, EditDialog) and "stronger claim" in editor.area.text
        editor.area.text = "The other one deserves it more."
        await pilot.press("f2")
        await wait(pilot, lambda: child_of(db, run) is not None)
        await wait(pilot, lambda: screen_of(app).snapshot.counts.pending == 1)
        fresh = screen_of(app)
        assert fresh.state.focus == 2
        original = fresh.snapshot.panes[1]
        assert original.status == "done" and original.origin == run
        assert fresh.session.study.profiles[2].adm.model_dump()["given"].startswith("The other one")
