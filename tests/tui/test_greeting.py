"""A first start of the demo greets with one line, which a key puts away for good."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from align_tui.config import first_start, paths
from align_tui.tui.application import AlignApp
from align_tui.tui.launch import Launch
from tests.tui import fakes
from tests.tui.test_screen import words

GREETING = "Demo: a toy model on toy cases."


async def test_the_greeting_names_keys_of_the_keymap_and_is_put_away(path: Path, wait: Any) -> None:
    keymap = paths.user_keymap()
    keymap.parent.mkdir(parents=True)
    keymap.write_text('[study]\nnext_scenario = "f7"\nback = "f6"\n', encoding="utf-8")
    launch = Launch(path, None, None, autostart=False, greets=True)
    app = AlignApp(launch, fakes.study(3))
    async with app.run_test(size=(80, 24)) as pilot:
        await wait(pilot, lambda: f"{GREETING} f7 next, c compare, ? help   f6 hides" in words(app))
        await pilot.press("f7")
        await wait(pilot, lambda: "2/3" in words(app))
        assert GREETING in words(app) and not first_start.is_greeted()
        await pilot.press("f6")
        await wait(pilot, lambda: GREETING not in words(app))
        assert "leave" in words(app) and first_start.is_greeted()
