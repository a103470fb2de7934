"""Code that never awaits: the watchdog names it, frees the other samples, and interrupts it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from align_tui.core.errors import StoreError
from align_tui.engine.guard import LoopStep, LoopSteps
from align_tui.engine.watchdog import Limits, Watchdog
from align_tui.store import held_samples, queue, results, runs, workers
from align_tui.store.database import Database
from tests.engine.test_poison import POISON, align_tui, poisoned, said_of, until

pytestmark = pytest.mark.slow

# A worker as `align-tui worker` runs it, with less patience.
WORKER = """
import sys
from pathlib import Path
from align_tui.engine import watchdog, worker
from align_tui.engine.process import serve
from align_tui.engine.watchdog import Limits
from align_tui.engine.worker import Settings
watchdog.LOOK_S, worker.END_S = 0.1, 0.3
told, most = map(float, sys.argv[2:])
serve(Settings(Path(sys.argv[1]), idle_exit_s=0.5, limits=Limits(told, most)))
"""
Start = Callable[[float, float], subprocess.Popen[str]]


@pytest.fixture
def start(database: Database) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def start_one(told: float, most: float) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WORKER, str(database.path), str(told), str(most)]
        started.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield start_one
    for process in started:
        process.kill()
        process.communicate()


def test_it_is_told_and_a_second_worker_goes_on(database: Database, start: Start) -> None:
    study = poisoned(["sleeps", *(f"good-{n}" for n in range(20))], seconds=5)
    run = runs.create_run(database, study, {})
    first = start(0.5, 60)
    until(lambda: [w for w in workers.list_workers(database) if w.error])
    [row] = workers.list_workers(database)
    assert "sleeps by poison has blocked the worker for" in (row.error or "")
    assert "poison.py line" in (row.error or "")
    assert row.is_blocked  # so that `run` and the screen start another
    start(0.5, 60)
    until(lambda: runs.get_run(database, run).done >= 20)
    assert runs.get_run(database, run).running == 1  # the blocked worker still holds it
    until(lambda: runs.get_run(database, run).done == 21)
    assert database.read("SELECT attempt FROM samples ORDER BY id")[0][0] == 1
    _, err = first.communicate(timeout=20)
    assert first.returncode == 0 and "asyncio.to_thread" in err


def test_it_is_broken_off_in_the_end(database: Database, start: Start) -> None:
    study = poisoned(["spins", "good-1", "good-2"])
    run = runs.create_run(database, study, {})
    worker = start(0.3, 1.0)
    until(lambda: runs.get_run(database, run).finished)
    found = said_of(database, run, study)
    kind, said = found.pop("spins")
    assert kind == "adm" and "spins by poison blocked the worker for 1 s" in said
    assert "asyncio.to_thread" in said
    assert set(found.values()) == {(None, "")}
    [(_, trace)] = results.failures(database, run)
    assert "poison.py" in trace and "Traceback" in trace  # where the code was
    worker.communicate(timeout=20)
    assert worker.returncode == 0  # it interrupted one sample's code and went on


def test_a_worker_ends_though_code_does_not(database: Database, start: Start) -> None:
    run = runs.create_run(database, poisoned(["deaf", "good-1"]), {})
    worker = start(60, 60)
    until(lambda: runs.get_run(database, run).done == 1)
    worker.send_signal(signal.SIGTERM)
    _, err = worker.communicate(timeout=20)
    assert worker.returncode == 0 and "a decision-maker does not end" in err
    row = runs.get_run(database, run)
    assert (row.pending, row.running) == (1, 0) and workers.list_workers(database) == []


def test_a_worker_ends_though_a_thread_of_code_goes_on(database: Database, start: Start) -> None:
    run = runs.create_run(database, poisoned(["stays", "good-1"], seconds=60), {})
    worker = start(60, 60)
    until(lambda: runs.get_run(database, run).done == 1)
    worker.send_signal(signal.SIGTERM)
    _, err = worker.communicate(timeout=20)
    assert worker.returncode == 0 and "a decision-maker does not end" in err
    assert runs.get_run(database, run).pending == 1


def test_a_worker_whose_database_goes_ends_though_code_does_not(
    database: Database, start: Start
) -> None:
    run = runs.create_run(database, poisoned(["deaf", "good-1"]), {})
    worker = start(60, 60)
    until(lambda: runs.get_run(database, run).done == 1)
    for ending in ("", "-wal", "-shm"):
        Path(f"{database.path}{ending}").unlink(missing_ok=True)
    _, err = worker.communicate(timeout=20)
    assert worker.returncode == 2 and "was deleted or moved" in err


def test_what_a_locked_database_refused_is_told_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs.create_run(database, poisoned(["good-1", "good-2"]), {})
    [first, _] = queue.claim(database, "w", 2)
    steps = LoopSteps()
    dog = Watchdog(database.path, "w", steps, 15.0, Limits(2.0, 60.0))
    dog._step = steps.now = LoopStep(first.id, time.monotonic())
    dog._blocked = 5.0
    locked = StoreError("locked")
    monkeypatch.setattr(held_samples, "release_others", Mock(side_effect=locked))
    with pytest.raises(StoreError):
        dog._look(steps.now, time.monotonic())
    monkeypatch.undo()
    dog._look(steps.now, time.monotonic())
    assert len(queue.orders(database, "w")) == 1  # the other one is for another worker


def test_a_process_that_was_stopped_is_not_taken_for_one_that_blocks(database: Database) -> None:
    runs.create_run(database, poisoned(["good-1", "good-2"]), {})
    held_samples = queue.claim(database, "w", 2)
    steps = LoopSteps()
    dog = Watchdog(database.path, "w", steps, 15.0, Limits(2.0, 60.0))
    dog._step = steps.now = LoopStep(held_samples[0].id, time.monotonic())
    # After a stop of ten minutes the watchdog sees that much time go by in one look.
    clock = iter([0.0, 600.0, 600.5])
    looks = iter([False, False, True])
    dog._ended.wait = lambda timeout=None: next(looks)  # type: ignore[method-assign]
    original, time.monotonic = time.monotonic, lambda: next(clock)
    try:
        dog._watch()
    finally:
        time.monotonic = original
    assert dog._blocked == 1.5
    assert len(queue.orders(database, "w")) == 2 and results.states(database, held_samples[0].run)


def test_code_that_lets_no_thread_run_fails_as_well(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker cannot answer, so it counts as silent and the sample as a suspect."""
    monkeypatch.setenv("ALIGN_TUI_LEASE", "1.2")
    names = ["regex-0", *(f"good-{n}" for n in range(12))]
    shutil.copy(POISON, tmp_path / "code.py")
    (tmp_path / "p.toml").write_text(
        '[adm]\nkind = "custom"\nfile = "code.py"\nneeds_model = false\n'
    )
    choices = [{"text": "Treat Patient A"}, {"text": "Treat Patient B"}]
    records = [{"id": name, "text": f"What of {name}?", "choices": choices} for name in names]
    (tmp_path / "s.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))
    process = align_tui(
        "run", "-p", str(tmp_path / "p.toml"), "-s", str(tmp_path / "s.jsonl"), "--json"
    )
    out, err = process.communicate(timeout=200)
    assert process.returncode == 1, err
    told = [json.loads(line) for line in out.splitlines()]
    [failed] = [each for each in told if each["event"] == "failed"]
    assert failed["scenario"] == "regex-0" and failed["error"]["kind"] == "ended_worker"
    assert "did not answer" in failed["error"]["message"]
    assert [each["event"] for each in told].count("decision") == 12
    assert "has not answered" in err and "started another worker" in err
    assert "killed worker " in err and ": no sign of life for " in err
    # No code runs for ever any more: the last worker serves the queue, and ends when it is idle.
    until(lambda: all(not worker.is_silent for worker in workers.living(database)))
    for worker in workers.living(database):
        os.kill(worker.pid, signal.SIGTERM)
