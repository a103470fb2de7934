"""A database that is deleted, replaced, damaged, copied or full while a worker uses it."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from align_tui.cli.failure_checks import TroubleReports, check_file
from align_tui.config.study import Study
from align_tui.core.errors import Damaged, Gone
from align_tui.engine.worker import Settings, Worker
from align_tui.store import crash_notes, results, runs, workers
from align_tui.store.database import Database, open_database
from tests.conftest import make_study
from tests.engine import test_poison
from tests.engine.fakes import Opener
from tests.engine.test_poison import align_tui, poisoned
from tests.engine.test_worker import model_study, until, warm_up, working

PAGE = 4096


def waiting_study(count: int = 24, seconds: float = 0.4) -> Study:
    return poisoned([*(f"good-{n}" for n in range(count)), "waits-1", "waits-2"], seconds=seconds)


async def started(path: Path) -> tuple[Worker, asyncio.Task[None]]:
    worker = Worker(open_database(path), Settings(path, opener=Opener()))
    return worker, asyncio.create_task(worker.run())


@pytest.mark.parametrize("how", ["deleted", "replaced"])
async def test_what_was_decided_is_saved_when_the_file_goes(database: Database, how: str) -> None:
    run = runs.create_run(database, make_study(10), {})
    worker, task = await started(database.path)
    await until(lambda: runs.get_run(database, run).finished)
    if how == "deleted":
        for ending in ("", "-wal", "-shm"):
            Path(f"{database.path}{ending}").unlink(missing_ok=True)
    else:
        shutil.copy(database.path, database.path.with_name("copy"))
        database.path.with_name("copy").replace(database.path)
    with pytest.raises(Gone, match=f"was {how}") as caught:
        await asyncio.wait_for(task, 20)
    [saved] = database.path.parent.glob("runs.db.saved-*[0-9]")
    assert str(saved) in caught.value.hint
    kept = open_database(saved)
    assert runs.get_run(kept, run).done == 20
    assert len(list(results.all_results(kept, run))) == 20
    kept.close()
    # The command that follows the run reports the same.
    with pytest.raises(Gone) as again:
        check_file(database)
    assert str(saved) in again.value.hint
    assert not crash_notes.place(worker.id).exists()


@pytest.mark.slow
def test_a_run_whose_database_is_deleted_says_so_and_keeps_it(database: Database) -> None:
    study = waiting_study(seconds=30)
    run = runs.create_run(database, study, {})
    command = align_tui("run", "--resume", run)
    test_poison.until(lambda: runs.get_run(database, run).done == 24)
    for ending in ("", "-wal", "-shm"):
        Path(f"{database.path}{ending}").unlink(missing_ok=True)
    _, err = command.communicate(timeout=200)
    assert command.returncode == 2
    assert "The run database is gone" in err and "runs.db.saved-" in err
    [saved] = database.path.parent.glob("runs.db.saved-*[0-9]")
    kept = open_database(saved)
    assert (runs.get_run(kept, run).done, runs.get_run(kept, run).failed) == (24, 0)
    kept.close()


def damage(db: Database, name: str) -> None:
    """Overwrite the root page of a table or index."""
    assert db.checkpoint()
    root = db.read("SELECT rootpage FROM sqlite_master WHERE name=?", (name,))[0][0]
    with db.path.open("r+b") as file:
        file.seek((root - 1) * PAGE)
        file.write(random.Random(1).randbytes(PAGE))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["samples", "live_sample"])  # only workers read the second
def test_a_damaged_page_ends_a_run_at_once(database: Database, name: str) -> None:
    run = runs.create_run(database, waiting_study(), {})
    damage(database, name)
    command = align_tui("run", "--resume", run)
    _, err = command.communicate(timeout=200)
    assert command.returncode == 2 and "Traceback" not in err
    assert "damaged" in err and "doctor --repair" in err


async def test_a_damaged_page_ends_a_worker(database: Database) -> None:
    runs.create_run(database, make_study(20), {})
    damage(database, "results")
    _, task = await started(database.path)
    with pytest.raises(Damaged) as caught:
        await asyncio.wait_for(task, 20)
    assert "doctor --repair" in caught.value.hint


async def test_a_full_disk_is_told_while_it_lasts(database: Database) -> None:
    opener = Opener()
    told: list[str] = []
    troubles = TroubleReports(told.append)
    async with working(database.path, opener) as worker:
        crash_notes.begin(worker.id)
        await warm_up(database, opener)
        run = runs.create_run(database, model_study(40), {})
        await until(lambda: runs.get_run(database, run).running)
        # SQLite's own error, as if the disk were full.
        db = worker.db.connection
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count={pages}")
        opener.opened[0][1].gate.set()
        await until(lambda: [w for w in workers.living(database) if w.error], 5)
        [row] = workers.living(database)
        assert "No space is left" in (row.error or "") and "The run waits" in (row.error or "")
        troubles.look([row])
        troubles.look([row])
        assert len(told) == 1 and "No space is left" in told[0]
        # The worker could not write the error into the database.
        assert database.read("SELECT error FROM workers")[0][0] is None
        db.execute("PRAGMA max_page_count=1000000")
        await until(lambda: runs.get_run(database, run).done == 40)
        await until(lambda: not [w for w in workers.living(database) if w.error])
    assert opener.opened[0][1].begun == 41  # nothing was decided twice


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(folder)]
    if os.name != "posix" or os.getuid() or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a small disk can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.slow
def test_a_run_says_on_a_pipe_that_its_disk_is_full(small_disk: Path) -> None:
    path = small_disk / "runs.db"
    db = open_database(path)
    run = runs.create_run(db, waiting_study(60, 1.0), {})
    test_poison.until(lambda: db.checkpoint())
    follow = align_tui("run", "--resume", run, "--db", str(path))
    test_poison.until(lambda: runs.get_run(db, run).running)
    with (small_disk / "fill").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(512))
        except OSError:
            pass
    assert follow.stderr is not None
    lines = iter(follow.stderr.readline, "")  # the start of the worker may be told first
    assert any("No space is left" in line and "The run waits" in line for line in lines)
    listed = align_tui("workers", "list", "--db", str(path)).communicate(timeout=200)[0]
    assert "No space is left" in listed
    (small_disk / "fill").unlink()
    follow.communicate(timeout=200)
    assert follow.returncode == 0 and runs.get_run(db, run).done == 62
    for worker in workers.living(db):
        os.kill(worker.pid, 9)
    db.close()


async def test_an_idle_worker_leaves_everything_in_the_file(
    database: Database, tmp_path: Path
) -> None:
    run = runs.create_run(database, make_study(20), {})
    async with working(database.path, Opener()):
        await until(lambda: runs.get_run(database, run).finished)
        await until(lambda: Path(f"{database.path}-wal").stat().st_size == 0)
        copy = tmp_path / "copy.db"
        shutil.copy(database.path, copy)
        kept = open_database(copy)
        assert runs.get_run(kept, run).done == 40
        kept.close()
