"""A database of another machine, which the tests of merges bring in."""

from __future__ import annotations

from pathlib import Path

import pytest

from align_tui.store import run_annotations, runs, trash
from align_tui.store.database import open_database
from tests.output.test_events_schema import mixed
from tests.store.merging import copied
from tests.tui import fakes


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a run of every kind of row, a child run, and a run in the trash."""
    path = tmp_path_factory.mktemp("other") / "other.db"
    db = open_database(path)
    run, study = mixed(db)
    first = db.read("SELECT sample FROM results WHERE error_kind IS NULL ORDER BY seq")
    run_annotations.toggle_bookmark(db, first[0][0])
    run_annotations.set_verdict(db, first[1][0], "disagree")
    run_annotations.set_tags(db, run, ["pilot"])
    run_annotations.set_note(db, run, "From node 7.")
    runs.create_run(db, study, {}, parent=run)
    worker = fakes.FakeWorker(db, study)
    [claimed] = worker.claim(1)
    worker.write(claimed, "half a ")
    trash.throw_away(db, runs.create_run(db, fakes.study(1), {}))
    db.checkpoint()
    db.close()
    return path


@pytest.fixture
def copy(other: Path, tmp_path: Path) -> Path:
    """That database in a folder of its own."""
    (tmp_path / "there").mkdir()
    return copied(other, tmp_path / "there" / "other.db")
