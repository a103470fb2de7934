"""Opening a run database: new, foreign, damaged, locked, read-only, or of a newer version."""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path

import pytest

from align_tui.core.errors import StoreError
from align_tui.store import database, processes, queue, results, runs, workers
from align_tui.store.database import open_database
from align_tui.store.schema import LATEST
from tests import ending
from tests.conftest import make_study

pytestmark = pytest.mark.creates_database

TABLES = {
    "live", "responses", "results", "run_profiles", "run_scenarios", "runs", "samples",
    "scenarios", "scores", "texts", "workers",
}  # fmt: skip


def test_a_new_database_has_these_tables_and_wal(tmp_path: Path) -> None:
    db = open_database(tmp_path / "deep" / "er" / "runs.db")
    names = {row[0] for row in db.read("SELECT name FROM sqlite_master WHERE type='table'")}
    assert names >= TABLES
    assert db.read("PRAGMA journal_mode")[0][0] == "wal"
    assert db.read("PRAGMA user_version")[0][0] == LATEST


def test_opening_at_the_same_moment_migrates_once(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    errors: list[Exception] = []
    barrier = threading.Barrier(6)

    def open_it() -> None:
        barrier.wait()
        try:
            open_database(path).close()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE precious (x)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        open_database(path)
    assert path.read_bytes() == before


def test_one_of_the_second_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    db = open_database(path)
    db.connection.executescript(
        "DROP INDEX samples_urgent; ALTER TABLE workers DROP COLUMN waiting;"
        "ALTER TABLE workers DROP COLUMN gpus; ALTER TABLE workers DROP COLUMN notes;"
        "DELETE FROM _sqlite_migrations WHERE name='m003_engine'; PRAGMA user_version=2"
    )
    db.close()
    again = open_database(path)
    assert again.read("PRAGMA user_version")[0][0] == LATEST
    workers.register(again, "0")
    assert [worker.gpus for worker in workers.list_workers(again)] == ["0"]
    again.close()


def test_failures_of_a_version_without_tracebacks_are_read(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    db = open_database(path)
    run = runs.create_run(db, make_study(1), {})
    db.connection.executescript(
        "ALTER TABLE results DROP COLUMN traceback;"
        "DELETE FROM _sqlite_migrations WHERE name='m007_tracebacks'; PRAGMA user_version=6;"
        "UPDATE samples SET status='failed' WHERE id=1;"
        "INSERT INTO results (sample, finished, started, latency_s, error_kind, error_message)"
        " VALUES (1, 2, 1, 1, 'internal', 'KeyError: a')"
    )
    db.close()
    again = open_database(path)
    [(result, trace)] = results.failures(again, run)
    assert (result.error_message, trace) == ("KeyError: a", "")
    [claimed] = queue.claim(again, "w", 1)
    assert ending.fail(again, "w", claimed, "internal", "no", 0.1, "Traceback: its own")
    assert results.traceback_of(again, claimed.id) == "Traceback: its own"
    again.close()


def test_a_worker_of_a_version_that_told_the_time_is_still_watched(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    db = open_database(path)
    db.connection.executescript(
        "ALTER TABLE workers DROP COLUMN machine; ALTER TABLE workers DROP COLUMN silent;"
        "DELETE FROM _sqlite_migrations WHERE name='m006_leases'; PRAGMA user_version=4"
    )
    at = 1795766692.25  # that version wrote the time of day as its heartbeat
    db.connection.execute(
        "INSERT INTO workers (id, pid, host, process_start, started, heartbeat, state)"
        " VALUES ('old', ?, ?, ?, ?, ?, 'idle')",
        (os.getpid(), processes.host_name(), at, at, at),
    )
    db.close()
    again = open_database(path)
    [old] = workers.answering(again)
    assert workers.mark_silent(again, old) and workers.answering(again) == []
    workers.beat(again, "old", state="idle")
    assert [worker.id for worker in workers.answering(again)] == ["old"]
    again.close()


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    db = open_database(path)
    db.connection.execute(f"PRAGMA user_version={LATEST + 1}")
    db.close()
    with pytest.raises(StoreError, match="newer"):
        open_database(path)


@pytest.mark.parametrize("content", [b"not a database at all " * 200, b"SQLite format 3\x00" * 99])
def test_what_is_no_database(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "runs.db"
    path.write_bytes(content)
    with pytest.raises(StoreError):
        open_database(path)


def test_a_missing_one_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no run database"):
        open_database(tmp_path / "none.db", create=False)
    with pytest.raises(StoreError, match="not a file"):
        open_database(tmp_path)


def test_a_locked_one_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_MS", 50)
    path = tmp_path / "runs.db"
    first, second = open_database(path), open_database(path)
    first.connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked"), second.write():
        raise AssertionError("the lock was taken twice")
    first.connection.execute("ROLLBACK")
    with second.write() as connection:
        connection.execute("DELETE FROM runs")


def test_a_full_disk_says_so_and_loses_nothing(tmp_path: Path) -> None:
    db = open_database(tmp_path / "runs.db")
    pages = db.read("PRAGMA page_count")[0][0]
    db.connection.execute(f"PRAGMA max_page_count={pages + 1}")
    with pytest.raises(StoreError, match="space"), db.write() as connection:
        for i in range(1000):
            connection.execute("INSERT INTO texts VALUES (?, ?)", (str(i), "x" * 4000))
    assert db.read("SELECT count(*) FROM texts")[0][0] == 0


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    db = open_database(tmp_path / "runs.db")
    with pytest.raises(ValueError), db.write() as connection:
        connection.execute("INSERT INTO texts VALUES ('a', 'b')")
        raise ValueError
    assert db.read("SELECT * FROM texts") == []
    assert not db.connection.in_transaction


def test_network_file_systems_are_recognised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = f"/dev/sda1 / ext4 rw 0 0\nserver:/home {tmp_path} nfs4 rw 0 0\n"
    real = Path.read_text

    def read_text(self: Path, *args: object, **kwargs: object) -> str:
        return mounts if str(self) == "/proc/mounts" else real(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "read_text", read_text)
    assert database.network_file_system(tmp_path / "x" / "runs.db") == "nfs4"
    assert database.network_file_system(Path("/elsewhere/runs.db")) is None
    assert database.journal_mode(tmp_path / "runs.db") == "TRUNCATE"
