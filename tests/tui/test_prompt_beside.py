"""The editors show the first prompt that the text leads to, and lend the text to $EDITOR."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from align_tui.core.errors import ConfigError, OutputError
from align_tui.store import launch as store_launch
from align_tui.store.database import Database
from align_tui.tui.application import AlignApp
from align_tui.tui.dialogs.edit import EditDialog
from align_tui.tui.dialogs.help import MessageDialog
from align_tui.tui.editor import edited, editor_command
from tests.tui.test_screen import opened, screen_of, words


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)


def script(folder: Path, body: str) -> Path:
    path = folder / "editor.sh"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o700)
    return path


def test_the_editor_is_the_users_and_a_missing_one_is_named(tmp_path: Path) -> None:
    own = script(tmp_path, "true")
    env = {"PATH": "/nowhere", "EDITOR": f"'{own}' --wait"}
    assert editor_command(env) == [str(own), "--wait"]
    assert editor_command(env | {"VISUAL": str(own)}) == [str(own)]
    with pytest.raises(ConfigError, match="no editor 'absent' here"):
        editor_command({"PATH": "/nowhere", "EDITOR": "absent"})
    with pytest.raises(ConfigError, match="neither nano nor vi"):
        editor_command({"PATH": "/nowhere"})
    with pytest.raises(ConfigError, match="cannot be read"):
        editor_command({"EDITOR": "'open"})


def test_what_it_saves_is_taken_and_nothing_else(tmp_path: Path) -> None:
    private = 'test "$(stat -c %a "$1")" = 600 || exit 9\n'
    changes = script(tmp_path, private + "sed -i 's/one/two/' \"$1\"")
    assert edited([str(changes)], "one\n", ".toml") == "two\n"
    assert edited([str(script(tmp_path, 'echo >> "$1"'))], "one", ".txt") == "one"
    with pytest.raises(OutputError, match="status 3"):
        edited([str(script(tmp_path, "exit 3"))], "one", ".txt")
    with pytest.raises(ConfigError, match="UTF-8"):
        edited([str(script(tmp_path, "printf '\\377' > \"$1\""))], "one", ".txt")


@pytest.mark.asyncio
async def test_the_prompt_follows_the_text_and_the_editor_gives_it_back(
    path: Path,
    db: Database,
    finished: tuple[str, Any],
    wait: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = script(tmp_path, "sed -i 's/Patient Q/Patient Z/' \"$1\"")
    monkeypatch.setenv("VISUAL", str(own))
    lent = []

    @contextmanager
    def suspend(app: AlignApp) -> Iterator[None]:
        lent.append(app)
        yield

    monkeypatch.setattr(AlignApp, "suspend", suspend)
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        await pilot.press("e")
        await wait(pilot, lambda: isinstance(app.screen, EditDialog))
        editor = app.screen
        assert isinstance(editor, EditDialog)
        await wait(pilot, lambda: "[user]" in words(app) and "first prompt of" in words(app))
        editor.area.text = editor.area.text.replace("Patient A", "Patient Q")
        await wait(pilot, lambda: "Patient Q" in editor.prompt)
        await pilot.press("f4")
        assert len(lent) == 1 and "Patient Z" in editor.area.text
        await wait(pilot, lambda: "Patient Z" in editor.prompt)
        editor.area.text = "text ="
        await wait(pilot, lambda: "There is no prompt yet" in editor.prompt)
        await pilot.press("f5")
        await wait(pilot, lambda: isinstance(app.screen, MessageDialog))
        await wait(pilot, lambda: "There is no prompt yet" in words(app))
        await pilot.press("escape")
        assert app.screen is editor
        await pilot.resize_terminal(80, 24)
        await wait(pilot, lambda: "first prompt of" not in words(app))
        await pilot.resize_terminal(90, 40)
        await wait(pilot, lambda: "first prompt of" in words(app))
