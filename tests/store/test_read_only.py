"""A run database that cannot be written can still be read: a read-only mount, missing rights."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from align_tui.core.errors import StoreError
from align_tui.store import read_only, results, runs
from align_tui.store.database import Database, open_database
from align_tui.store.schema import LATEST
from tests.conftest import make_study

NOBODY = 65534


def as_somebody_else(what: Callable[[], str]) -> str:
    """The result of a function in a process without root's rights, which may write anywhere."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(NOBODY)
                os.setuid(NOBODY)
            os.write(writer, what().encode())
        except BaseException as error:
            os.write(writer, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """A database with one run, in a folder without the right to write."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    folder = tmp_path / "archive"
    folder.mkdir()
    db = open_database(folder / "runs.db")
    runs.create_run(db, make_study(3), {})
    db.close()
    return folder / "runs.db"


def closed(path: Path) -> None:
    for file in path.parent.iterdir():
        file.chmod(0o444)
    path.parent.chmod(0o555)


def look(path: Path) -> str:
    db = open_database(path, create=False)
    [run] = runs.list_runs(db)
    try:
        runs.set_state(db, run.id, "stopped")
    except StoreError as error:
        return f"{db.read_only} {run.samples} {len(results.states(db, run.id))} {error.message}"
    return "it was written"


@pytest.mark.skipif(sys.platform == "win32", reason="rights are told otherwise there")
def test_a_database_without_the_right_to_write_is_viewed(locked: Path) -> None:
    closed(locked)
    said = as_somebody_else(lambda: look(locked))
    locked.parent.chmod(0o755)
    assert said == f"True 6 6 {locked} cannot be written"
    assert [file.name for file in locked.parent.iterdir()] == ["runs.db"]


@pytest.mark.skipif(sys.platform == "win32", reason="rights are told otherwise there")
def test_what_lies_in_the_write_ahead_log_is_viewed_too(locked: Path, tmp_path: Path) -> None:
    db = open_database(locked)
    runs.create_run(db, make_study(2), {})
    kept = tmp_path / "copied"
    kept.mkdir()
    for ending in ("", "-wal"):
        shutil.copy(f"{locked}{ending}", f"{kept / 'runs.db'}{ending}")
    db.close()
    assert (kept / "runs.db-wal").stat().st_size > 0
    closed(kept / "runs.db")

    def count() -> str:
        return str(len(runs.list_runs(open_database(kept / "runs.db", create=False))))

    said = as_somebody_else(count)
    kept.chmod(0o755)
    assert said == "2"


def test_one_of_an_earlier_version_is_read_without_being_changed(
    locked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = sqlite3.connect(locked)
    old.executescript(
        "DROP TABLE suspects; DELETE FROM _sqlite_migrations WHERE name='m005_suspects';"
        "PRAGMA user_version=4; PRAGMA wal_checkpoint(TRUNCATE)"
    )
    old.close()
    before = locked.read_bytes()
    monkeypatch.setattr("align_tui.store.database.is_writable", lambda path: False)
    db = open_database(locked, create=False)
    assert db.read("PRAGMA user_version")[0][0] == LATEST
    assert db.read("SELECT * FROM suspects") == []
    assert runs.list_runs(db)[0].samples == 6
    with pytest.raises(StoreError, match="cannot be written"):
        runs.set_state(db, runs.list_runs(db)[0].id, "stopped")
    db.close()
    assert locked.read_bytes() == before


def test_reading_on_request_writes_nothing(locked: Path) -> None:
    db = open_database(locked, read_only=True)
    assert db.read_only and db.checkpoint() and len(runs.list_runs(db)) == 1
    with pytest.raises(StoreError, match="cannot be written"):
        runs.create_run(db, make_study(1), {})
    db.close()
    assert read_only.is_writable(locked)


def test_a_file_alone_holds_a_run_after_a_checkpoint(database: Database, tmp_path: Path) -> None:
    runs.create_run(database, make_study(3), {})
    assert database.checkpoint()
    copy = tmp_path / "copy.db"
    shutil.copy(database.path, copy)
    assert [row.samples for row in runs.list_runs(open_database(copy))] == [6]
    # A reader of an older state blocks a checkpoint, which does not wait for it.
    other = open_database(database.path)
    with other.snapshot():
        assert runs.list_runs(other)
        runs.create_run(database, make_study(1), {})
        assert not database.checkpoint()
    assert database.checkpoint()
