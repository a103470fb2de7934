"""Real `align-tui` processes with a slow decision-maker, for tests with signals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from align_tui.config import paths
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.store import results
from align_tui.store.database import Database
from tests.conftest import make_scenarios

SLOW = """
import asyncio, os
four_at_a_time = asyncio.Semaphore(4)
async def decide(scenario, targets, llm, parameters):
    async with four_at_a_time:
        await asyncio.sleep(parameters.get("takes", 0.1))
    return llm.seed % 2
"""

# Every Python process with its folder on PYTHONPATH reads this. Tests can then set the wall clock
# that the process and psutil (which adds the time of the boot) see.
SET_CLOCK = """
import time
real = time.time
def offset():
    try:
        with open({path!r}) as file:
            return float(file.read() or 0)
    except (OSError, ValueError):
        return 0.0
time.time = lambda: real() + offset()
import psutil
booted = psutil.boot_time()
psutil.boot_time = lambda: booted + offset()
if hasattr(psutil, "_pslinux"):
    psutil._pslinux.boot_time = psutil.boot_time
    psutil._pslinux.BOOT_TIME = None
"""


def until(true: Callable[[], object], seconds: float = 200.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.02)


def align_tui(*arguments: str, **more: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "align_tui", *arguments]
    return subprocess.Popen(command, text=True, **more)  # type: ignore[call-overload,no-any-return]


def slow_profile(tmp_path: Path, takes: float = 0.1) -> Path:
    (tmp_path / "slow.py").write_text(SLOW)
    path = tmp_path / "slow.toml"
    path.write_text(
        f'[adm]\nkind = "custom"\nfile = "slow.py"\nneeds_model = false\ntakes = {takes}\n'
    )
    return path


def slow_study(tmp_path: Path, n: int, takes: float = 0.1) -> Study:
    (tmp_path / "slow.py").write_text(SLOW)
    adm = {"kind": "custom", "file": str(tmp_path / "slow.py"), "needs_model": False}
    profile = Profile.model_validate({"name": "slow", "adm": adm | {"takes": takes}})
    return Study("slow", (profile,), make_scenarios(n))


def begin_run(tmp_path: Path, *more: str) -> tuple[subprocess.Popen[str], str]:
    """Start `run --json` over 40 scenarios and wait for a decision; (process, run)."""
    arguments = ("run", "-p", str(slow_profile(tmp_path)), "-s", "demo-triage", "--json", *more)
    errors = (tmp_path / "stderr").open("w")
    process = align_tui(*arguments, stdout=subprocess.PIPE, stderr=errors)
    errors.close()
    assert process.stdout is not None
    run = json.loads(process.stdout.readline())["run"]
    process.stdout.readline()
    return process, run


def answers(db: Database, run: str) -> list[tuple[int, int | None]]:
    return sorted((r.scenario, r.choice) for r in results.all_results(db, run))


def attempts(db: Database, run: str) -> list[int]:
    return [row[0] for row in db.read("SELECT attempt FROM samples WHERE run=?", (run,))]


def workers_said() -> str:
    """The logs of all workers in the background."""
    logs = sorted((paths.state_dir() / "workers").glob("*.log"))
    return "".join(log.read_text() for log in logs)


def set_clock(tmp_path: Path) -> tuple[dict[str, str], Callable[[float], None]]:
    """(environment, function that sets the wall clock of every process with it)."""
    folder, file = tmp_path / "hook", tmp_path / "offset"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SET_CLOCK.format(path=str(file)))
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH", ""))))

    def step(seconds: float) -> None:
        (tmp_path / "next").write_text(str(seconds))
        (tmp_path / "next").replace(file)

    return {**os.environ, "PYTHONPATH": path}, step
