"""The screen's question before it runs code of a study, and the effect of the answers."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from align_tui.config import server_ready, trust
from align_tui.config.code import code_of, notes_on
from align_tui.config.library import build_profile
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.store import launch as store_launch
from align_tui.store import runs
from align_tui.store.database import Database
from align_tui.studies.edits import profile_toml
from align_tui.tui.dialogs.edit import EditDialog
from align_tui.tui.dialogs.trust import TrustDialog
from align_tui.tui.format.layout import MIN_HEIGHT, MIN_WIDTH
from align_tui.tui.format.styled_text import text_of
from align_tui.tui.widgets.lines import Lines
from tests.tui import fakes
from tests.tui.test_screen import opened, screen_of, words

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def nobody_said_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALIGN_TUI_TRUST")


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    asked: list[Path] = []
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: asked.append(db.path))
    return asked


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "theirs.py"
    file.write_text("raise SystemExit\n")
    return file


@pytest.fixture
def theirs(file: Path) -> Study:
    """A study in which one profile is code."""
    adm = {"kind": "custom", "file": str(file), "needs_model": False}
    profile = build_profile({"name": "theirs", "adm": adm}, "a file")
    profiles = (*fakes.study(3).profiles[:1], profile)
    return replace(fakes.study(3), profiles=profiles, notes=notes_on(profiles))


@pytest.mark.parametrize("key", ["enter", "a"])
async def test_it_asks_before_there_is_a_run(
    path: Path, db: Database, theirs: Study, file: Path, wait: Any, key: str, no_worker: list[Path]
) -> None:
    app = opened(path, theirs)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press(key)
        await wait(pilot, lambda: isinstance(app.screen, TrustDialog))
        await wait(pilot, lambda: "SHA-256" in words(app))
        assert file.name in words(app) and "runs as you" in words(app)
        assert runs.list_runs(db) == []
        await pilot.press("escape")
        await wait(pilot, lambda: "not trusted" in words(app))
        assert runs.list_runs(db) == [] and not no_worker and not trust.remembered()

        await pilot.press(key)
        await wait(pilot, lambda: isinstance(app.screen, TrustDialog))
        await pilot.press("y")
        await wait(pilot, lambda: runs.list_runs(db) and no_worker)
        assert trust.remembered() == {code.key for code in code_of(theirs.profiles[1])}
        [run] = runs.list_runs(db)
        note = runs.load_study(db, run.id).notes[-1]
        assert str(file) in note and "SHA-256" in note

        await pilot.press(key)  # the program remembers the answer
        queued = ("queued for it", "queued already")
        await wait(pilot, lambda: len(no_worker) > 1 or any(text in words(app) for text in queued))
        assert not isinstance(app.screen, TrustDialog)


async def test_the_question_has_room_on_the_smallest_screen(
    path: Path, theirs: Study, file: Path, wait: Any
) -> None:
    """However long its path is, the code's name, its hash and both answers are in sight."""
    deep = file.parent.joinpath(*["a-folder-of-a-long-name"] * 9)
    deep.mkdir(parents=True)
    moved = file.rename(deep / file.name)
    adm = {"kind": "custom", "file": str(moved), "needs_model": False}
    profile = build_profile({"name": "theirs", "adm": adm}, "a file")
    app = opened(path, replace(theirs, profiles=(profile,)))
    async with app.run_test(size=(MIN_WIDTH, MIN_HEIGHT)) as pilot:
        await pilot.press("a")
        await wait(pilot, lambda: isinstance(app.screen, TrustDialog))
        await wait(pilot, lambda: "SHA-256" in words(app))
        box = app.screen.query_one(".box").region
        assert box.right <= MIN_WIDTH and box.bottom <= MIN_HEIGHT
        inside = app.screen.query_one(Lines)
        assert inside.region.bottom < box.bottom and inside.size.height == len(inside.lines)
        lines = [text_of(line) for line in inside.lines]
        assert max(map(len, lines)) <= inside.size.width
        said = "".join(line.strip() for line in lines)
        [code] = code_of(profile)
        assert code.sha256 in said and file.name in said and "do not run it" in said


async def test_code_of_ones_own_is_not_asked_about(
    path: Path, db: Database, theirs: Study, wait: Any, no_worker: list[Path]
) -> None:
    own = frozenset(code.key for code in code_of(theirs.profiles[1]))
    app = opened(path, replace(theirs, own_code=own))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("a")
        await wait(pilot, lambda: runs.list_runs(db) and no_worker)
        assert trust.remembered() == own


async def test_a_profile_that_is_edited_to_run_code_is_asked_about(
    path: Path, db: Database, finished: tuple[str, Any], file: Path, wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        await pilot.press("p")
        await wait(pilot, lambda: isinstance(app.screen, EditDialog))
        editor = app.screen
        assert isinstance(editor, EditDialog)
        editor.area.text = (
            f'name = "edited"\n[adm]\nkind = "custom"\nfile = "{file}"\nneeds_model = false\n'
        )
        await pilot.press("f2")
        await wait(pilot, lambda: isinstance(app.screen, TrustDialog))
        await pilot.press("n")
        await wait(pilot, lambda: "not trusted" in words(app))
        assert len(runs.list_runs(db)) == 1


async def test_code_that_changed_since_the_run_is_told(
    path: Path, db: Database, theirs: Study, file: Path, wait: Any, no_worker: list[Path]
) -> None:
    """The run has the hash of the code; the screen asks about the file as it is now."""
    trust.remember(code_of(theirs.profiles[1]))
    run = runs.create_run(db, theirs, {})
    runs.set_state(db, run, "paused")
    file.unlink()
    app = opened(path, runs.load_study(db, run), run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.open)
        await pilot.press("space")
        await wait(pilot, lambda: "cannot be read" in words(app))
        assert not no_worker


def served(port: int) -> Profile:
    """A profile that asks the server of that port."""
    server = {"base_urls": [f"http://127.0.0.1:{port}/v1"]}
    backbone = {"kind": "openai", "model": "m", "server": server}
    return build_profile({"name": "p", "adm": {"kind": "baseline"}, "backbone": backbone}, "a file")


async def test_an_editor_says_that_a_server_is_not_there_and_keeps_the_edit(
    path: Path,
    db: Database,
    finished: tuple[str, Any],
    wait: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    monkeypatch.setenv(server_ready.WAIT, "60")
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        await pilot.press("p")
        await wait(pilot, lambda: isinstance(app.screen, EditDialog))
        editor = app.screen
        assert isinstance(editor, EditDialog)
        editor.area.text = profile_toml(served(port))
        await pilot.press("f2")
        await wait(pilot, lambda: "No server answers at" in words(app))
        assert editor.has_changed() and app.screen_stack[-1] == editor
        assert not screen_of(app).state.trouble and len(runs.list_runs(db)) == 1


async def test_a_server_that_loads_its_model_is_waited_for_until_the_user_closes_the_message(
    path: Path, db: Database, wait: Any, no_worker: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    monkeypatch.setattr(server_ready, "EVERY_S", 0.01)
    app = opened(path, replace(fakes.study(3), profiles=(served(port),)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("a")
        await wait(pilot, lambda: "--wait-for-server" in words(app))  # refused, with a hint
        await pilot.press("escape")
        monkeypatch.setenv(server_ready.WAIT, "60")
        await pilot.press("a")
        await wait(pilot, lambda: "align-tui waits for it" in words(app))
        await pilot.press("escape")
        await wait(pilot, lambda: "waits for it" not in words(app))
        await pilot.press("a")
        await wait(pilot, lambda: "align-tui waits for it" in words(app))
        assert runs.list_runs(db) == [] and not no_worker
        monkeypatch.setattr(server_ready, "STATUS_S", 0.01)
        with socket.create_server(("127.0.0.1", port)):
            await wait(pilot, lambda: runs.list_runs(db) and no_worker)
        assert len(runs.list_runs(db)) == 1
