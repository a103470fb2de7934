"""Adding, copying and removing columns, and saving a profile or a scenario as a file."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from align_tui.config import paths
from align_tui.config.attributes import load_attributes
from align_tui.config.library import load_profile
from align_tui.config.study import Study
from align_tui.formats.library import find_scenarios
from align_tui.monitor.snapshot import Counts
from align_tui.store import launch as store_launch
from align_tui.store import runs
from align_tui.store.database import Database, open_database
from align_tui.tui.dialogs.add_column import AddColumnDialog
from align_tui.tui.dialogs.confirm import ConfirmDialog
from align_tui.tui.dialogs.edit import EditDialog
from align_tui.tui.dialogs.save import SaveDialog
from align_tui.tui.screens.study.screen import StudyScreen
from tests.tui import fakes
from tests.tui.test_screen import opened, prose, screen_of, words

pytestmark = pytest.mark.asyncio


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Start no worker, and keep the user's files in a folder of the test."""
    monkeypatch.setattr(store_launch, "ensure_worker", lambda db: None)
    monkeypatch.setattr(paths, "user_profiles", lambda: tmp_path / "lib" / "profiles")
    monkeypatch.setattr(paths, "user_scenarios", lambda: tmp_path / "lib" / "scenarios")
    return tmp_path / "lib"


def names(app: Any) -> list[str]:
    return [profile.name for profile in screen_of(app).session.study.profiles]


def child_of(db: Database, run: str) -> str | None:
    row = db.one("SELECT id FROM runs WHERE parent=?", (run,))
    return None if row is None else str(row[0])


async def test_before_anything_is_asked_there_is_no_run(
    path: Path, db: Database, wait: Any
) -> None:
    """Columns change only on the screen; a run then has the columns that are shown."""
    study = fakes.study(3)
    app = opened(path, study)
    async with app.run_test(size=(145, 40)) as pilot:
        await wait(pilot, lambda: "Nothing is decided" in words(app))
        await pilot.press("A")
        await wait(pilot, lambda: isinstance(app.screen, AddColumnDialog))
        await wait(pilot, lambda: "fairness-high" in words(app) and "fairness ▲" in words(app))
        await pilot.press(*"random", "enter")
        await wait(pilot, lambda: names(app)[4:] == ["random"])
        assert screen_of(app).state.focus == 4
        await wait(pilot, lambda: "added a column" in words(app))
        await pilot.press("1", "X")
        await wait(pilot, lambda: len(names(app)) == 4)
        await wait(pilot, lambda: "baseline is removed: A brings it back" in words(app))
        await pilot.press("C")
        await wait(pilot, lambda: isinstance(app.screen, EditDialog))
        await pilot.press("f2")
        await wait(pilot, lambda: names(app)[:2] == ["moral-desert-high", "moral-desert-high~1"])
        assert db.one("SELECT 1 FROM runs") is None
        await wait(pilot, lambda: "Nothing is decided" in words(app))
        await pilot.press("enter")
        await wait(pilot, lambda: screen_of(app).snapshot.counts == Counts(pending=5))
        shown = names(app)
    [row] = runs.list_runs(db)
    assert row.parent is None
    assert [p.name for p in runs.load_study(db, row.id).profiles] == shown


async def test_a_column_added_to_a_run_is_all_that_is_asked(
    path: Path,
    db: Database,
    finished: tuple[str, Study],
    wait: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run, study = finished
    monkeypatch.chdir(tmp_path)
    file = "own.toml"
    Path(file).write_text('[adm]\nkind = "fixed"\n', encoding="utf-8")
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        await pilot.press("A")
        await wait(pilot, lambda: isinstance(app.screen, AddColumnDialog))
        await pilot.press(*file)
        await wait(pilot, lambda: "own.toml  a profile file" in words(app))
        await pilot.press("enter")
        await wait(pilot, lambda: "at most 6 decisions" in words(app))
        assert "no model is asked" in words(app)
        await pilot.press("y")
        await wait(pilot, lambda: names(app)[4:] == ["own"])
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts == Counts(pending=6, inherited=23))
        assert screen.session.run == child_of(db, run)
        # A profile that needs a target takes the focused column's.
        await pilot.press("2", "A")
        await wait(pilot, lambda: isinstance(app.screen, AddColumnDialog))
        await pilot.press(*"oracle", "enter")
        await wait(pilot, lambda: isinstance(app.screen, ConfirmDialog))
        await pilot.press("y")
        await wait(pilot, lambda: names(app)[5:] == ["oracle"])
        assert screen_of(app).session.study.profiles[5].target == study.profiles[1].target
        # Adding the same profile again is refused and changes nothing.
        await pilot.press("A")
        await wait(pilot, lambda: isinstance(app.screen, AddColumnDialog))
        await pilot.press(*file, "enter")
        await wait(pilot, lambda: "own is already a column" in words(app))
    assert len(runs.list_runs(db)) == 3


async def test_a_copy_decides_what_it_is_a_copy_of_until_it_is_changed(
    path: Path, db: Database, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        await pilot.press("1", "C")
        await wait(pilot, lambda: isinstance(app.screen, EditDialog))
        editor = app.screen
        assert isinstance(editor, EditDialog) and 'name = "baseline~1"' in editor.area.text
        await pilot.press("f2")
        await wait(pilot, lambda: names(app)[:2] == ["baseline", "baseline~1"])
        screen = screen_of(app)
        await wait(pilot, lambda: screen.snapshot.counts == Counts(inherited=29))
        await wait(pilot, lambda: "nothing to run" in words(app))
        await pilot.press("C")  # of the copy
        await wait(pilot, lambda: isinstance(app.screen, EditDialog))
        editor = app.screen
        assert isinstance(editor, EditDialog) and 'name = "baseline~2"' in editor.area.text
        editor.area.text += "\n[decoding]\nseed = 7\n"
        await pilot.press("f2")
        await wait(pilot, lambda: names(app)[:3] == ["baseline", "baseline~1", "baseline~2"])
        await wait(
            pilot,
            lambda: screen_of(app).snapshot.counts == Counts(pending=6, inherited=29),
        )


async def test_a_removed_column_is_in_the_run_that_had_it(
    path: Path, db: Database, finished: tuple[str, Study], wait: Any
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(145, 40)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        for left in (3, 2, 1):
            await pilot.press("1", "X")
            await wait(pilot, lambda left=left: len(names(app)) == left)
            await wait(pilot, lambda: "brings it back, r lists the run" in words(app))
            await wait(pilot, lambda: screen_of(app).snapshot.counts.inherited)
        assert names(app) == ["risk-aversion-high"]
        assert screen_of(app).snapshot.counts == Counts(inherited=6)
        await pilot.press("A")  # the column removed last is offered first, and keeps its decisions
        await wait(pilot, lambda: isinstance(app.screen, AddColumnDialog))
        await wait(pilot, lambda: "moral-desert-low " in words(app) and "removed" in words(app))
        await pilot.press("enter")
        await wait(pilot, lambda: names(app) == ["risk-aversion-high", "moral-desert-low"])
        await wait(pilot, lambda: screen_of(app).snapshot.counts == Counts(inherited=12))
        await pilot.press("A")  # a column that is shown again is not offered
        await wait(pilot, lambda: isinstance(app.screen, AddColumnDialog))
        await wait(pilot, lambda: words(app).count("  removed  ") == 2)
        await pilot.press("escape", "2", "X")
        await wait(pilot, lambda: len(names(app)) == 1)
        await pilot.press("X")
        await wait(pilot, lambda: "A study needs a profile" in words(app))
    assert len(runs.load_study(db, run).profiles) == 4 and len(runs.list_runs(db)) == 6


async def test_a_file_that_is_no_profile_says_why(path: Path, wait: Any, library: Path) -> None:
    folder = library / "profiles"
    folder.mkdir(parents=True)
    (folder / "broken.toml").write_text('[adm]\nkind = "basline"\n', encoding="utf-8")
    app = opened(path, fakes.study(1))
    async with app.run_test(size=(145, 40)) as pilot:
        await pilot.press("A")
        await wait(pilot, lambda: isinstance(app.screen, AddColumnDialog))
        await wait(pilot, lambda: "broken" in words(app) and "! " in words(app))
        await pilot.press(*"broken", "enter")
        await wait(pilot, lambda: isinstance(app.screen, StudyScreen))
        await wait(pilot, lambda: "Did you mean 'baseline'?" in words(app))
        assert len(names(app)) == 4


async def test_a_model_that_is_not_here_is_told_before_it_is_asked(path: Path, wait: Any) -> None:
    study = fakes.study(2, profiles=2)
    far = load_profile("baseline", backbone="mistral-7b")
    app = opened(path, Study("s", (study.profiles[0], far), study.scenarios))
    async with app.run_test(size=(145, 40)) as pilot:
        await wait(pilot, lambda: "Nothing is decided" in words(app))
        await wait(pilot, lambda: "v0.3 is not on this machine" in prose(screen_of(app), 0))
        assert "hf download" in prose(screen_of(app), 0)
        for key in ("enter", "a"):
            await pilot.press(key)
            await wait(pilot, lambda: "machine, and HF_HUB_OFFLINE is set" in words(app))
            await pilot.press("escape")
            await wait(pilot, lambda: "HF_HUB_OFFLINE" not in words(app))
        with closing(open_database(path)) as db:
            assert runs.list_runs(db) == []
        await pilot.press("2", "X")
        await wait(pilot, lambda: len(names(app)) == 1)
        await wait(pilot, lambda: "Nothing is decided" in words(app))
        assert "hf download" not in prose(screen_of(app), 0)


async def test_what_is_added_is_on_the_model_of_its_neighbour(path: Path, wait: Any) -> None:
    far = load_profile("baseline", backbone="mistral-7b")
    app = opened(path, Study("s", (load_profile("random"), far), fakes.scenarios(2)))
    async with app.run_test(size=(145, 40)) as pilot:
        await wait(pilot, lambda: "Nothing is decided" in words(app))
        await pilot.press("A")
        await wait(pilot, lambda: isinstance(app.screen, AddColumnDialog))
        await wait(pilot, lambda: words(app).count("Mistral-7B-Instruct-v0.3") > 5)
        await pilot.press(*"fairness-low", "enter")
        await wait(pilot, lambda: names(app)[2:] == ["fairness-low"])
        assert screen_of(app).session.study.profiles[2] == load_profile(
            "fairness-low", backbone="mistral-7b"
        )


async def test_the_users_keys_are_on_the_changed_study(
    path: Path, wait: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text('[study]\nremove_column = "Z"\n', encoding="utf-8")
    monkeypatch.setattr(paths, "user_keymap", lambda: keys)
    app = opened(path, fakes.study(1))
    async with app.run_test(size=(120, 40)) as pilot:
        for left in (3, 2):
            await pilot.press("Z")
            await wait(pilot, lambda left=left: len(names(app)) == left)
        await pilot.press("X")
        assert len(names(app)) == 2


async def test_what_stands_there_is_saved_to_the_library(
    path: Path, finished: tuple[str, Study], wait: Any, library: Path
) -> None:
    run, study = finished
    app = opened(path, study, run)
    async with app.run_test(size=(120, 40)) as pilot:
        await wait(pilot, lambda: screen_of(app).snapshot.counts.done)
        await pilot.press("2", "W")
        await wait(pilot, lambda: isinstance(app.screen, SaveDialog))
        await wait(pilot, lambda: "it would hide the shipped one" in words(app))
        screen = app.screen
        assert isinstance(screen, SaveDialog)
        for wrong in ("../out", "a b", ""):
            screen.field.value = wrong
            await wait(pilot, lambda: "cannot be the name" in words(app))
            await pilot.press("enter")
            assert not library.exists()
        screen.field.value = "mine"
        await wait(pilot, lambda: "mine.toml" in words(app))
        await pilot.press("enter")
        await wait(pilot, lambda: "profile saved as" in words(app))
        assert load_profile("mine").hash == study.profiles[1].hash

        await pilot.press("3", "W")  # another profile under the same name: the dialog asks first
        await wait(pilot, lambda: isinstance(app.screen, SaveDialog))
        screen = app.screen
        assert isinstance(screen, SaveDialog)
        screen.field.value = "mine"
        await wait(pilot, lambda: "already" in words(app))
        await pilot.press("enter")
        await wait(pilot, lambda: "press enter again" in words(app))
        assert load_profile("mine").hash == study.profiles[1].hash
        await pilot.press("enter")
        await wait(pilot, lambda: isinstance(app.screen, StudyScreen))
        assert load_profile("mine").hash == study.profiles[2].hash

        await pilot.press("j", "W", "down")
        await wait(pilot, lambda: isinstance(app.screen, SaveDialog))
        await wait(pilot, lambda: f"{study.scenarios[1].key}.toml" in words(app))
        await pilot.press("enter")
        await wait(pilot, lambda: "scenario saved as" in words(app))
    [kept] = find_scenarios(study.scenarios[1].key, load_attributes()).scenarios
    assert kept.hash == study.scenarios[1].hash
    assert {file.name for file in library.rglob("*") if file.is_file()} == {
        "mine.toml",
        f"{study.scenarios[1].key}.toml",
    }
