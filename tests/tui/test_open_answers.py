"""Scenarios that ask for a text, with and without choices, on every part of the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.answers import TextAnswer
from align_tui.core.decisions import Decision
from align_tui.core.scenarios import Choice, Scenario
from align_tui.store import queue, runs, workers
from align_tui.store.database import Database
from tests import ending
from tests.tui.test_screen import no_worker, opened, screen_of, words

__all__ = ["no_worker"]  # a fixture
OPEN = (
    Scenario("bare", "What would you do?", (), asks="text"),
    Scenario("beside", "Whom?", (Choice("A", {"merit": 1.0}),), asks="text"),
    Scenario("choice", "Which?", (Choice("A", {"merit": 1.0}), Choice("B", {"merit": 0.0}))),
)
KEYS = ("i", "c", "F", "e", "v", "slash")
SAID = "I would wait until more is known."


@pytest.fixture
def open_run(db: Database, tmp_path: Path) -> tuple[str, Study]:
    """A run of two columns, of which one answered the open scenarios with a text."""
    target = [{"attribute": "merit", "value": 1.0}]
    adm = {"kind": "custom", "file": str(tmp_path / "own.py"), "needs_model": False}
    profiles = tuple(
        Profile.model_validate({"name": name, "adm": {**adm, "n": name}, "target": target})
        for name in ("one", "two")
    )
    study = Study("open", profiles, OPEN)
    run = runs.create_run(db, study, {})
    worker = workers.register(db)
    for claimed in queue.claim(db, worker, 6):
        if study.scenarios[claimed.scenario].asks == "text" and claimed.profile == 0:
            made = Decision(TextAnswer(SAID), "Nothing is known.")
            ending.finish(db, worker, claimed, made, SAID, {}, 0.1)
        else:
            ending.fail(db, worker, claimed, "adm", "It raised.", 0.1)
    workers.unregister(db, worker)
    return run, study


async def test_every_key_survives_them(path: Path, open_run: tuple[str, Study], wait: Any) -> None:
    run, study = open_run
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.known)
        for key in ("o", "o", "o", "l", "s", "t", "m"):
            await pilot.press(key, "j")
        for key in KEYS:
            await pilot.press("j", key)
            await pilot.pause(0.05)
            await pilot.press("down", "escape")
        assert app.return_code in (None, 0)
        while len(app.screen_stack) > 2:
            await pilot.press("escape")
        await pilot.press("g")
        await wait(pilot, lambda: "What would you do?" in words(app))
