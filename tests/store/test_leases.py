"""Which workers are alive, gone or silent, whatever the wall clocks and the hosts are."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from align_tui.core.errors import StoreError
from align_tui.store import held_samples, lease_length, leases, processes, workers
from align_tui.store.database import Database, open_database
from align_tui.store.leases import Watch

DAY = 86_400.0


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def look(watch: Watch, db: Database, clock: Clock, seconds: float) -> leases.Seen:
    clock.now += seconds
    return watch.look(db)


def test_a_worker_is_silent_after_a_lease_and_answers_with_its_next_beat(
    database: Database,
) -> None:
    clock = Clock()
    worker = workers.register(database)
    watch = Watch(15.0, clock)
    for _ in range(15):
        assert look(watch, database, clock, 1.0).silent == ()
    seen = look(watch, database, clock, 1.0)
    assert [w.id for w in seen.silent] == [worker] and seen.silent[0].is_silent
    assert seen.answering == ()
    workers.beat(database, worker, state="idle")
    assert [w.id for w in look(watch, database, clock, 1.0).answering] == [worker]


def test_a_watcher_that_was_stopped_itself_gives_the_others_time(database: Database) -> None:
    clock = Clock()
    workers.register(database)
    watch = Watch(15.0, clock)
    for pause in (1.0, 17.0, 600.0, DAY):  # each is one look, however long
        assert look(watch, database, clock, pause).silent == ()


def test_what_one_watcher_found_another_need_not_wait_for(database: Database) -> None:
    workers.register(database)
    [row] = workers.answering(database)
    assert workers.mark_silent(database, row)
    assert [w.id for w in Watch(15.0, Clock()).look(database).silent] == [row.id]
    assert workers.answering(database) == [] != workers.living(database)


def test_one_that_is_blocked_keeps_its_sample_and_is_not_relied_on(database: Database) -> None:
    clock = Clock()
    worker = workers.register(database)
    watch = Watch(15.0, clock)
    for _ in range(20):
        held_samples.complain(database, worker, "s1 has blocked the worker for 30 s")
        seen = look(watch, database, clock, 3.0)
        assert [w.id for w in seen.blocked] == [worker]
        assert seen.answering == seen.silent == seen.gone == ()
    assert workers.answering(database) == []
    workers.beat(database, worker, state="running")
    assert [w.id for w in look(watch, database, clock, 1.0).answering] == [worker]


@pytest.mark.parametrize("step", [5.0, -5.0, 60.0, -60.0, DAY, -DAY])
def test_no_step_of_the_wall_clock_changes_who_is_alive(
    database: Database, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    workers.register(database)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + step)
    # The value that psutil gives in a process that starts after the clock's step.
    booted = psutil.boot_time()
    monkeypatch.setattr(psutil, "boot_time", lambda: booted + step)
    if hasattr(psutil, "_pslinux"):
        monkeypatch.setattr(psutil._pslinux, "boot_time", lambda: booted + step)
        monkeypatch.setattr(psutil._pslinux, "BOOT_TIME", None, raising=False)
    assert len(workers.living(database)) == len(workers.answering(database)) == 1
    seen = Watch(15.0, Clock()).look(database)
    assert len(seen.answering) == 1 and seen.gone == seen.silent == ()


def test_a_process_that_ended_is_gone_even_where_its_number_is_used_again(
    database: Database,
) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    workers.register(database)
    start = processes.process_start(process.pid)
    sql = "UPDATE workers SET pid=?, process_start=?"
    with database.write() as connection:
        connection.execute(sql, (process.pid, start))
    assert len(workers.living(database)) == 1
    process.communicate(b"\n")
    assert workers.living(database) == [] and processes.process_start(process.pid) is None
    with database.write() as connection:
        connection.execute(sql, (os.getpid(), start))
    assert len(Watch(15.0, Clock()).look(database).gone) == 1


def elsewhere(monkeypatch: pytest.MonkeyPatch, host: str, boot: str, space: str) -> None:
    monkeypatch.setattr(processes, "host_name", lambda: host)
    monkeypatch.setattr(processes, "boot", lambda: boot)
    monkeypatch.setattr(processes, "namespace", lambda: space)


def test_the_same_boot_is_the_same_machine_whatever_it_is_called(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers.register(database)
    monkeypatch.setattr(processes, "host_name", lambda: "laptop.in.another.network")
    [row] = workers.living(database)
    assert workers.is_here(row) and not workers.is_gone(row)
    workers.register(database)


def test_a_worker_of_an_earlier_boot_is_gone_and_one_of_another_container_is_watched(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere(monkeypatch, "one", "boot-1", "pid:1")
    workers.register(database)
    [row] = workers.list_workers(database)
    elsewhere(monkeypatch, "one", "boot-2", "pid:1")
    assert workers.is_gone(row)
    elsewhere(monkeypatch, "one", "boot-1", "pid:2")
    assert not workers.is_gone(row) and not workers.is_here(row)


def test_a_host_that_shows_a_sign_of_life_is_not_joined_and_a_dead_one_is_no_obstacle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIGN_TUI_LEASE", "0.6")
    db = open_database(tmp_path / "runs.db")
    elsewhere(monkeypatch, "one", "boot-1", "pid:1")
    first = workers.register(db)
    elsewhere(monkeypatch, "two", "boot-2", "pid:1")
    ended = threading.Event()

    def beat() -> None:
        own = open_database(tmp_path / "runs.db")
        while not ended.wait(0.05):
            workers.beat(own, first, state="idle")
        own.close()

    thread = threading.Thread(target=beat)
    thread.start()
    told: list[str] = []
    try:
        with pytest.raises(StoreError, match="another host"):
            workers.register(db, report=told.append)
    finally:
        ended.set()
        thread.join()
    assert len(told) == 1 and first[:8] in told[0] and "on one" in told[0]
    second = workers.register(db)
    assert [w.id for w in workers.answering(db)] == [second]
    # A worker that wakes from a long sleep finds that another host works here now.
    workers.forget(db, [first])
    elsewhere(monkeypatch, "one", "boot-1", "pid:1")
    _beating(db, second, lambda: workers.enter_again(db, first))


def _beating(db: Database, worker: str, what: Callable[[], Any]) -> None:
    real = time.sleep

    def sleep(seconds: float) -> None:
        workers.beat(db, worker, state="idle")
        real(0.01)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", sleep)
        with pytest.raises(StoreError, match="another host"):
            what()


def test_the_lease_is_what_the_environment_says_within_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for said, wanted in (("2", 2.0), ("0", 0.5), ("-1", 0.5), ("soon", 15.0), ("", 15.0)):
        monkeypatch.setenv("ALIGN_TUI_LEASE", said)
        assert lease_length.lease_s() == wanted
    monkeypatch.setenv("ALIGN_TUI_LEASE", "nan")
    assert lease_length.lease_s() > 0
