"""Real processes that SIGKILL ends in the middle: no decision is lost or doubled."""

from __future__ import annotations

import json
import os
import random
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

SLOW = """
import asyncio
eight_at_a_time = asyncio.Semaphore(8)
async def decide(scenario, targets, llm, parameters):
    async with eight_at_a_time:
        await asyncio.sleep(0.15)
    return llm.seed % 2
"""


def slow_study(tmp_path: Path, n: int) -> Study:
    path = tmp_path / "slow.py"
    path.write_text(SLOW)
    adm = {"kind": "custom", "file": str(path), "needs_model": False}
    profile = Profile.model_validate({"name": "slow", "adm": adm})
    return Study("slow", (profile,), make_scenarios(n))


def align_tui(*arguments: str, **more: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "align_tui", *arguments]
    return subprocess.Popen(command, text=True, **more)  # type: ignore[call-overload,no-any-return]


def until(true: Callable[[], object], seconds: float = 200.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.02)


@pytest.fixture
def no_workers_left(database: Database) -> Iterator[None]:
    yield
    for worker in workers.list_workers(database):
        if workers.is_alive(worker):
            os.kill(worker.pid, signal.SIGKILL)


def seeds(db: Database, run: str) -> list[tuple[int, int | None]]:
    return sorted((r.scenario, r.choice) for r in results.all_results(db, run))


@pytest.mark.usefixtures("no_workers_left")
def test_killing_workers_again_and_again(database: Database, tmp_path: Path) -> None:
    study = slow_study(tmp_path, 80)
    run = runs.create_run(database, study, {})
    chance = random.Random(7)
    for _ in range(3):
        process = align_tui("worker", "--db", str(database.path))
        before = runs.get_run(database, run).done
        until(lambda before=before: runs.get_run(database, run).done >= before + 5)  # type: ignore[misc]
        time.sleep(chance.random() * 0.3)
        process.kill()
        process.wait()
    assert 0 < runs.get_run(database, run).done < 80
    last = align_tui("worker", "--db", str(database.path), "--idle-exit", "1")
    # Another worker takes over the killed one's samples at once, long before its lease ends.
    until(lambda: runs.get_run(database, run).finished, 12)
    last.wait(timeout=200)
    assert runs.get_run(database, run).done == 80
    found = seeds(database, run)
    assert [scenario for scenario, _ in found] == list(range(80))
    undisturbed = runs.create_run(database, study, {})
    align_tui("worker", "--db", str(database.path), "--idle-exit", "1").wait(timeout=2000)
    assert seeds(database, undisturbed) == found


@pytest.mark.usefixtures("no_workers_left")
def test_killing_the_command_and_its_worker_then_resuming(
    database: Database, tmp_path: Path
) -> None:
    profile = tmp_path / "slow.toml"
    (tmp_path / "slow.py").write_text(SLOW)
    profile.write_text('[adm]\nkind = "custom"\nfile = "slow.py"\nneeds_model = false\n')
    command = align_tui(
        "run", "-p", str(profile), "-s", "demo-triage", "--json", stdout=subprocess.PIPE
    )
    assert command.stdout is not None
    lines = [json.loads(command.stdout.readline()) for _ in range(6)]
    run = lines[0]["run"]
    command.kill()
    for worker in workers.list_workers(database):
        os.kill(worker.pid, signal.SIGKILL)
    command.wait()
    told = {line["scenario"] for line in lines[1:]}
    done = runs.get_run(database, run).done
    assert 5 <= done < 40
    resumed = align_tui("run", "--resume", run, "--json", stdout=subprocess.PIPE)
    out, _ = resumed.communicate(timeout=2000)
    assert resumed.returncode == 0
    events = [json.loads(line) for line in out.splitlines()]
    fresh = {e["scenario"] for e in events if e["event"] == "decision"}
    assert len(fresh) == 40 - done and fresh.isdisjoint(told)
    assert events[-1]["event"] == "summary" and events[-1]["profiles"][0]["pending"] == 0
    assert len(seeds(database, run)) == 40


@pytest.mark.usefixtures("no_workers_left")
@pytest.mark.parametrize("deaf", [False, True])
def test_hanging_up_interrupts_a_run_but_for_one_below_nohup(
    database: Database, tmp_path: Path, deaf: bool
) -> None:
    profile = tmp_path / "slow.toml"
    (tmp_path / "slow.py").write_text(SLOW)
    profile.write_text('[adm]\nkind = "custom"\nfile = "slow.py"\nneeds_model = false\n')
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN if deaf else signal.SIG_DFL)
    try:
        command = align_tui(
            "run", "-p", str(profile), "-s", "demo-triage", "--json", stdout=subprocess.PIPE
        )
    finally:
        signal.signal(signal.SIGHUP, before)
    assert command.stdout is not None
    run = json.loads(command.stdout.readline())["run"]
    command.stdout.readline()  # after a decision it handles signals
    command.send_signal(signal.SIGHUP)
    for worker in workers.list_workers(database):
        os.kill(worker.pid, signal.SIGHUP)  # as a closing terminal does
    command.communicate(timeout=2000)
    assert command.returncode == (0 if deaf else 130)
    assert (runs.get_run(database, run).done == 40) == deaf


@pytest.mark.usefixtures("no_workers_left")
def test_ctrl_c_leaves_a_run_that_can_be_resumed(database: Database, tmp_path: Path) -> None:
    profile = tmp_path / "slow.toml"
    (tmp_path / "slow.py").write_text(SLOW)
    profile.write_text('[adm]\nkind = "custom"\nfile = "slow.py"\nneeds_model = false\n')
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = align_tui("run", "-p", str(profile), "-s", "demo-triage", "--json", **pipes)
    assert command.stdout is not None
    run = json.loads(command.stdout.readline())["run"]
    command.stdout.readline()
    command.send_signal(signal.SIGINT)
    _, err = command.communicate(timeout=2000)
    assert command.returncode == 130
    assert f"--resume {run}" in err and "Traceback" not in err
    row = runs.get_run(database, run)
    assert row.running == 0 and 0 < row.done < 40
    settled = row.done
    resumed = align_tui("run", "--resume", run, **pipes)
    resumed.communicate(timeout=2000)
    assert resumed.returncode == 0
    assert runs.get_run(database, run).done == 40 > settled
