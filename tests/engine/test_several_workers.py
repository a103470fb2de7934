"""Several workers on one queue: every sample is decided once, even if one is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.store import results, runs, workers
from align_tui.store.database import Database
from tests.conftest import make_scenarios

pytestmark = pytest.mark.slow

# Writes a line for each call, so that tests see a sample that is decided twice. One gate a process.
COUNTED = """
import asyncio, os
four_at_a_time = asyncio.Semaphore(4)
async def decide(scenario, targets, llm, parameters):
    async with four_at_a_time:
        await asyncio.sleep(0.05)
    with open(parameters["log"], "a") as log:
        log.write(f"{os.getpid()} {scenario.key} {os.environ.get('CUDA_VISIBLE_DEVICES')}\\n")
    return llm.seed % 2
"""


def until(true: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.02)


def counted_study(tmp_path: Path, n: int) -> Study:
    (tmp_path / "counted.py").write_text(COUNTED)
    adm = {"kind": "custom", "file": str(tmp_path / "counted.py"), "needs_model": False}
    profile = Profile.model_validate(
        {"name": "counted", "adm": adm | {"log": str(tmp_path / "log")}}
    )
    return Study("counted", (profile,), make_scenarios(n))


@pytest.fixture
def start(database: Database) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def start_one(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "align_tui", "worker", "--db", str(database.path)]
        started.append(subprocess.Popen([*command, *arguments]))
        return started[-1]

    yield start_one
    for process in started:
        process.kill()
        process.wait()


def calls(tmp_path: Path) -> list[list[str]]:
    log = tmp_path / "log"
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


Start = Callable[..., subprocess.Popen[bytes]]


def test_three_share_a_queue_and_one_is_killed(
    database: Database, tmp_path: Path, start: Start
) -> None:
    processes = [start("--gpus", number) for number in ("0", "1", "2,3")]
    until(lambda: len(workers.living(database)) == 3)
    assert sorted(w.gpus for w in workers.list_workers(database)) == ["0", "1", "2,3"]
    run = runs.create_run(database, counted_study(tmp_path, 400), {})
    until(lambda: len({call[0] for call in calls(tmp_path)}) == 3)  # all of them work
    processes[0].send_signal(signal.SIGKILL)
    processes[0].wait()
    # The others take over its samples at once, long before the lease ends.
    until(lambda: runs.get_run(database, run).finished, 30)
    assert runs.get_run(database, run).done == 400
    done = [r.scenario for r in results.all_results(database, run)]
    assert sorted(done) == list(range(400))
    # The killed one may not have written some decisions; only those are made twice.
    killed = str(processes[0].pid)
    keys = [key for pid, key, _ in calls(tmp_path) if pid != killed]
    assert len(keys) == len(set(keys))
    seen = {pid: gpus for pid, _, gpus in calls(tmp_path)}
    assert [seen[str(p.pid)] for p in processes] == ["0", "1", "2,3"]


def test_throughput_adds_up(database: Database, tmp_path: Path, start: Start) -> None:
    run = runs.create_run(database, counted_study(tmp_path, 48), {})
    runs.set_state(database, run, "paused")
    two = [start(), start()]
    until(lambda: sum(w.state == "idle" for w in workers.living(database)) == 2)
    runs.set_state(database, run, "active")
    until(lambda: runs.get_run(database, run).finished, 30)
    shares = [sum(pid == str(p.pid) for pid, _, _ in calls(tmp_path)) for p in two]
    # Neither was idle while the other held more samples than it could decide.
    assert sum(shares) == 48 and min(shares) > 0


@pytest.mark.parametrize("gpus", ["0,0", "a", "0,", "-1"])
def test_gpus_that_are_none_are_refused(database: Database, gpus: str) -> None:
    command = [sys.executable, "-m", "align_tui", "worker", "--db", str(database.path)]
    found = subprocess.run(
        [*command, f"--gpus={gpus}"], capture_output=True, text=True, timeout=200
    )
    assert found.returncode == 2 and "--gpus" in found.stderr and "Traceback" not in found.stderr


def test_gpus_are_hidden_before_torch_is_imported() -> None:
    code = (
        "import json, os, sys; from align_tui.cli.option_values import pin_gpus;"
        "print(json.dumps([pin_gpus('1,0'), os.environ['CUDA_VISIBLE_DEVICES'],"
        " 'torch' in sys.modules, pin_gpus('none'), os.environ['CUDA_VISIBLE_DEVICES']]))"
    )
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, env=os.environ, timeout=200)
    assert json.loads(found.stdout) == ["1,0", "1,0", False, "none", ""]
