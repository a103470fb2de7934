"""Keys in any order, on every screen that lies over the study: nothing fails, nothing is lost."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from align_tui.config.study import Study
from align_tui.store import launch as store_launch
from align_tui.store import results, runs
from align_tui.store.database import Database
from tests.tui.test_screen import opened, words

# Of a screen's own keys, what leads into a form or out of the program is left out.
KEYS = {
    "c": [*"jkgGnNoxdts123+-?", "tab", "shift+tab", "pageup", "pagedown", "escape", "enter"],
    "r": [*"jkgGfcTuD?/ ", "enter", "escape", "pageup", "pagedown", "end", "home"],
    "i": [*"jkgGy?", "tab", "shift+tab", "left", "right", "pageup", "pagedown", "end", "space"],
}


@pytest.mark.parametrize("door", KEYS)
async def test_keys_in_any_order(
    path: Path,
    db: Database,
    finished: tuple[str, Study],
    wait: Any,
    monkeypatch: pytest.MonkeyPatch,
    door: str,
) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)
    run, study = finished
    runs.create_run(db, study, {})
    before = list(results.all_results(db, run))
    chance = random.Random(f"keys {door}")
    app = opened(path, study, run)
    async with app.run_test(size=(100, 30)) as pilot:
        await wait(pilot, lambda: "stronger" in words(app))
        for number in range(24):
            if len(app.screen_stack) == 2:
                await pilot.press(door)
            await pilot.press(chance.choice(KEYS[door]))
            if number % 8 == 4:
                await pilot.resize_terminal(chance.randint(20, 200), chance.randint(5, 60))
        await pilot.resize_terminal(100, 30)
    assert list(results.all_results(db, run)) == before
