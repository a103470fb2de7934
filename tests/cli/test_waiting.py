"""A command that waits says for what within five seconds, on a pipe too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from align_tui.cli import failure_checks, wait_reasons, worker_keeper
from align_tui.cli.wait_reasons import Patience, reason
from align_tui.cli.worker_keeper import Keeper
from align_tui.core.errors import StoreError
from align_tui.output import tables
from align_tui.store import processes, queue, runs, workers
from align_tui.store.database import Database
from tests.conftest import make_study
from tests.engine import real_runs
from tests.engine.real_runs import align_tui, until

SOON_S = 5.0


@pytest.fixture(autouse=True)
def no_workers_left(database: Database) -> Iterator[None]:
    yield
    for worker in workers.list_workers(database):
        if worker.pid != os.getpid() and workers.is_alive(worker):
            os.kill(worker.pid, signal.SIGKILL)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def why(db: Database, run: str, keeper: Keeper) -> str:
    keeper._next = 0.0
    keeper.look()
    return reason(db, runs.get_run(db, run), keeper)


def test_every_reason_names_who_or_what_is_waited_for(database: Database) -> None:
    told: list[str] = []
    keeper = Keeper(database, told.append)
    other = runs.create_run(database, make_study(4), {})
    run = runs.create_run(database, make_study(2), {})
    worker = workers.register(database)
    workers.beat(database, worker, state="idle")
    named = f"worker {worker[:8]} (process {os.getpid()})"
    assert why(database, run, keeper) == f"waiting for {named} to claim samples"
    queue.claim(database, worker, 5)
    workers.beat(database, worker, state="running", active=5)
    assert why(database, run, keeper) == (
        f"waiting for its turn: {named} decides 5 samples of other runs, and 3 more wait"
    )
    assert queue.depth(database).runs == 2 and other != run
    queue.claim(database, worker, 9)
    queue.claim(database, worker, 1)
    workers.beat(database, worker, state="loading", detail="loading m", progress=0.4, active=9)
    assert why(database, run, keeper) == (
        f"waiting for 1 sample that {named} decides: loading m 40 %"
    )
    workers.beat(database, worker, state="running", active=9, error="No space is left")
    assert why(database, run, keeper).endswith("decides: No space is left")
    runs.set_state(database, run, "paused")
    assert why(database, run, keeper) == (
        f"run {run} is paused; to continue it: align-tui run --resume {run}"
    )
    assert told == ["align-tui: No space is left"]  # a problem is reported at once, and only once


def test_a_reason_is_said_soon_and_not_again_and_again() -> None:
    clock = Clock()
    patience = Patience(clock)
    said: list[tuple[float, str]] = []

    def wait(seconds: float, why: str) -> None:
        until = clock.now + seconds
        while clock.now < until:
            clock.now += 0.05
            if patience.asks() and patience.due(why):
                said.append((clock.now, why))

    wait(2, "a")
    assert said == []
    patience.progressed()
    wait(4, "loading 12 %")
    assert len(said) == 1 and said[0][0] <= 2 + SOON_S
    wait(20, "loading 15 %")
    assert len(said) == 1  # equal except for its numbers
    wait(1, "its turn")
    assert len(said) == 2 and said[1][1] == "its turn" and said[1][0] > clock.now - 1.1
    wait(60, "its turn")
    assert len(said) == 3
    patience.progressed()
    clock.now += 600  # this process was stopped, so it did not wait
    assert not patience.asks()


def test_another_worker_is_started_where_the_only_one_does_not_answer(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Process:
        pid, returncode = 1, None

        def poll(self) -> int | None:
            return self.returncode

    started: list[Process] = []

    def ensure(db: Database) -> Process | None:
        assert workers.answering(db) == []
        started.append(Process())
        return started[-1]

    monkeypatch.setattr(worker_keeper, "ensure_worker", ensure)
    told: list[str] = []
    clock = Clock()
    keeper = Keeper(database, told.append, clock)
    worker = workers.register(database)

    def look(seconds: float) -> None:
        clock.now += seconds
        keeper._next = 0.0
        keeper.look()

    for _ in range(15):
        look(1)
    assert told == [] and started == []
    look(1)
    assert "has not answered for 15 s" in told[0] and worker[:8] in told[0]
    assert "started another worker" in told[1] and len(told) == 2 and len(started) == 1
    look(1)
    assert len(told) == 2 and len(started) == 1
    workers.beat(database, worker, state="idle")
    look(1)
    assert "answers again" in told[2]
    # A worker that ends with an error again and again does not help; its last error is shown.
    workers.unregister(database, worker)
    monkeypatch.setattr(failure_checks, "log_tail", lambda: "no CUDA")
    with pytest.raises(StoreError, match="ended") as caught:
        for _ in range(10):
            started[-1].returncode = 3  # type: ignore[assignment]
            look(1)
    assert "no CUDA" in caught.value.hint


def test_a_worker_that_hangs_before_it_is_registered_is_told_and_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Process:
        returncode = None

        def __init__(self, pid: int) -> None:
            self.pid = pid

        def poll(self) -> None:
            return None

    started: list[Process] = []

    def ensure(db: Database) -> Process:
        started.append(Process(len(started) + 1))
        return started[-1]

    monkeypatch.setattr(worker_keeper, "ensure_worker", ensure)
    run = runs.create_run(database, make_study(1), {})
    told: list[str] = []
    clock = Clock()
    keeper = Keeper(database, told.append, clock)
    assert why(database, run, keeper) == "waiting for a worker to start (process 1)"
    clock.now += 3600  # this process was stopped: the worker had no time to begin
    assert why(database, run, keeper) == "waiting for a worker to start (process 1)"
    for _ in range(40):
        clock.now += 1
        keeper._next = 0.0
        keeper.look()
    assert told == ["the new worker (process 1) does not begin to work"]
    assert [process.pid for process in started] == [1, 2]


def test_a_run_that_nobody_follows_is_left_to_a_worker_that_answers(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIGN_TUI_LEASE", "0.5")
    started: list[bool] = []

    class Process:
        pid, returncode = 1, None

    def ensure(db: Database) -> Process | None:
        if workers.answering(db):
            return None
        started.append(True)
        return Process()

    monkeypatch.setattr(worker_keeper, "ensure_worker", ensure)
    worker = workers.register(database)
    with pytest.MonkeyPatch.context() as patch:
        # The worker's heartbeat goes on while nobody looks.
        patch.setattr(worker_keeper, "POLL_S", 0.0)
        beats = Keeper.look

        def look(self: Keeper) -> object:
            seen = beats(self)
            workers.beat(database, worker, state="idle")
            return seen

        patch.setattr(Keeper, "look", look)
        told: list[str] = []
        worker_keeper.wait_for_worker(database, told.append)
        assert started == [] and told == []
    worker_keeper.wait_for_worker(database, told.append)
    assert started == [True] and "has not answered" in told[0]


STOPPED = """
import os, signal, sys
from pathlib import Path
from align_tui.store import workers
from align_tui.store.database import open_database
db = open_database(Path(sys.argv[1]))
worker = workers.register(db)
with db.write():
    print("locked", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
workers.beat(db, worker, state="idle")
print("went on", flush=True)
sys.stdin.read()
"""


def test_one_that_was_stopped_while_it_wrote_is_continued(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-c", STOPPED, str(database.path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, **pipes)  # type: ignore[call-overload]
    assert process.stdout.readline() == "locked\n"
    [worker] = workers.list_workers(database)
    until(lambda: processes.is_stopped(process.pid))
    told: list[str] = []
    clock = Clock()
    keeper = Keeper(database, told.append, clock)
    for _ in range(17):
        clock.now += 1
        keeper._next = 0.0
        keeper.look()
        if told:
            break
    assert told == [
        f"worker {worker.name} has not answered for 15 s; it keeps {database.path} locked,"
        " so it was continued"
    ]
    assert process.stdout.readline() == "went on\n"
    clock.now += 1
    keeper._next = 0.0
    keeper.look()
    assert "answers again" in told[1] and keeper.process is None
    process.communicate()


def test_a_pause_by_somebody_else_is_told_on_a_pipe(database: Database, tmp_path: Path) -> None:
    command, run = real_runs.begin_run(tmp_path)
    runs.set_state(database, run, "paused")
    errors = tmp_path / "stderr"
    until(lambda: "is paused" in errors.read_text())
    runs.set_state(database, run, "active")
    command.communicate(timeout=200)
    assert command.returncode == 0


def test_a_run_that_waits_for_another_says_so(database: Database, tmp_path: Path) -> None:
    first = runs.create_run(database, real_runs.slow_study(tmp_path, 400, takes=0.2), {})
    worker = align_tui("worker", "--db", str(database.path), stderr=subprocess.DEVNULL)
    until(lambda: runs.get_run(database, first).running > 60)
    errors = (tmp_path / "stderr").open("w+")
    profile = str(real_runs.slow_profile(tmp_path))
    command = align_tui("run", "-p", profile, "-s", "demo-triage", "--json", stderr=errors,
                        stdout=subprocess.PIPE)  # fmt: skip
    assert command.stdout is not None and "started" in command.stdout.readline()
    until(lambda: "waiting for its turn" in (tmp_path / "stderr").read_text())
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=200)
    errors.close()
    assert command.returncode == 130
    worker.kill()
    worker.wait()


def test_a_long_step_of_a_command_is_told_on_a_pipe(tmp_path: Path) -> None:
    code = (
        "import time; from align_tui.output import tables; tables.LATE_S = 0.1\n"
        "with tables.waiting('reading [red]it'): time.sleep(0.5)\n"
        "with tables.waiting('a short one'): pass\n"
        "time.sleep(0.3)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=200)
    assert done.stderr == "reading [red]it ...\n" and done.stdout == ""
    assert tables.LATE_S < SOON_S > wait_reasons.FIRST_S
