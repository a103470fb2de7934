"""Processes that are stopped and continued, that hang, or whose clock is set."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from align_tui.core.seeds import sample_seed
from align_tui.store import runs, workers
from align_tui.store.database import Database
from tests.engine import real_runs
from tests.engine.real_runs import align_tui, answers, attempts, until, workers_said

pytestmark = pytest.mark.slow

LEASE_S = 1.5
DAY = 86_400


@pytest.fixture(autouse=True)
def short_lease(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Use a short lease, and end the workers that a test leaves behind."""
    monkeypatch.setenv("ALIGN_TUI_LEASE", str(LEASE_S))
    yield
    for worker in workers.list_workers(database):
        if workers.is_alive(worker):
            os.kill(worker.pid, signal.SIGKILL)


def said_besides_notes(tmp_path: Path) -> str:
    """The run's standard error without the note on the code that it runs."""
    lines = (tmp_path / "stderr").read_text().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("note: "))


def undisturbed(database: Database, run: str) -> list[tuple[int, int | None]]:
    """The run's decisions without any trouble, which the seeds determine."""
    study = runs.load_study(database, run)
    seed = study.profiles[0].decoding.seed
    return [
        (number, sample_seed(seed, scenario.seen_hash, repeat) % 2)
        for number, scenario in enumerate(study.scenarios)
        for repeat in range(study.repeat)
    ]


def test_a_closed_laptop_costs_nothing(database: Database, tmp_path: Path) -> None:
    command, run = real_runs.begin_run(tmp_path)
    [worker] = workers.living(database)
    for pid in (worker.pid, command.pid):
        os.kill(pid, signal.SIGSTOP)
    time.sleep(2.5 * LEASE_S)
    for pid in (command.pid, worker.pid):  # the watcher first: it must not judge by its own pause
        os.kill(pid, signal.SIGCONT)
    command.communicate(timeout=2000)
    assert command.returncode == 0
    row = runs.get_run(database, run)
    assert (row.done, row.failed) == (40, 0)
    # It kept its samples: no worker took them back, and no other one was started.
    assert set(attempts(database, run)) == {1}
    assert said_besides_notes(tmp_path) == ""
    assert "stood still" in workers_said() and "others took 0" in workers_said()
    assert answers(database, run) == undisturbed(database, run)


def test_a_worker_that_comes_back_finds_its_samples_with_another(
    database: Database, tmp_path: Path
) -> None:
    study = real_runs.slow_study(tmp_path, 48)
    run = runs.create_run(database, study, {})
    logs = [(tmp_path / name).open("w") for name in ("first", "second")]
    # Longer than a lease: the second worker is idle until it takes over.
    arguments = ("worker", "--db", str(database.path), "--idle-exit", str(2 * LEASE_S))
    first = align_tui(*arguments, stderr=logs[0])
    # While it decides, so that there are samples to take over.
    until(lambda: (row := runs.get_run(database, run)).done >= 4 and row.running >= 4)
    first.send_signal(signal.SIGSTOP)
    held = max(1, runs.get_run(database, run).running)
    second = align_tui(*arguments, stderr=logs[1])
    # The other worker takes over the first one's samples and decides them.
    until(lambda: attempts(database, run).count(2) >= min(4, held))
    first.send_signal(signal.SIGCONT)
    until(lambda: runs.get_run(database, run).finished)
    assert (first.wait(timeout=200), second.wait(timeout=200)) == (0, 0)
    row = runs.get_run(database, run)
    assert (row.done, row.failed) == (48, 0)
    assert [scenario for scenario, _ in answers(database, run)] == list(range(48))
    assert max(attempts(database, run)) == 2
    said = [(tmp_path / name).read_text() for name in ("first", "second")]
    assert "stood still" in said[0] and "others took 0" not in said[0]
    assert "has not answered" in said[1]
    for words in said:
        assert "ends: it had nothing to do" in words and "Traceback" not in words
    assert answers(database, run) == undisturbed(database, run)


def test_a_worker_that_hangs_for_ever_is_told_and_replaced(
    database: Database, tmp_path: Path
) -> None:
    command, run = real_runs.begin_run(tmp_path)
    [worker] = workers.living(database)
    os.kill(worker.pid, signal.SIGSTOP)
    stopped = time.monotonic()
    errors = tmp_path / "stderr"  # a file, not a terminal
    until(lambda: "has not answered" in errors.read_text(), 2 * LEASE_S)
    assert time.monotonic() - stopped > LEASE_S / 2
    command.communicate(timeout=2000)
    assert command.returncode == 0
    said = errors.read_text()
    assert f"worker {worker.id[:8]} (process {worker.pid})" in said
    assert f"kill -CONT {worker.pid}" in said and "started another worker" in said
    assert "Traceback" not in said + workers_said()
    row = runs.get_run(database, run)
    assert (row.done, row.failed) == (40, 0)
    os.kill(worker.pid, signal.SIGKILL)
    assert answers(database, run) == undisturbed(database, run)


def test_steps_of_the_clock_change_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment, step = real_runs.set_clock(tmp_path)
    monkeypatch.setenv("PYTHONPATH", environment["PYTHONPATH"])
    step(0)
    command, run = real_runs.begin_run(tmp_path, "--repeat", "2")
    for seconds in (5, -5, 60, -60, DAY, -DAY):
        before = runs.get_run(database, run).done
        step(seconds)
        until(lambda before=before: runs.get_run(database, run).done > before + 4)  # type: ignore[misc]
    assert len(workers.living(database)) == 1
    # A worker that starts after the step also sees the others as they are.
    other = align_tui("worker", "--db", str(database.path), "--idle-exit", "0")
    command.communicate(timeout=2000)
    assert command.returncode == 0 == other.wait(timeout=200)
    row = runs.get_run(database, run)
    assert (row.done, row.failed) == (80, 0)
    assert set(attempts(database, run)) == {1}
    assert said_besides_notes(tmp_path) == ""
    assert answers(database, run) == sorted(undisturbed(database, run))
