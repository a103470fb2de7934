"""Trials that kill or stop workers and runs, or set their clock, at random moments."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time

from align_tui.store import runs, workers
from align_tui.store.database import Database, open_database
from campaigns.trial import ENOUGH_S, LEASE_S, Place, begin, is_whole, soon, wait_for
from tests.engine import real_runs

DAY = 86_400
STEPS = (5, -5, 60, -60, DAY, -DAY)


def kills(at: Place) -> None:
    """Kill workers, and the run itself, with SIGKILL, then resume the run."""
    command, run = begin(at, 120)
    with contextlib.closing(open_database(at.path)) as db:
        for _ in range(at.chance.randint(2, 4)):
            _until_more(db, run, at.chance.randint(1, 15), command)
            time.sleep(at.chance.random() * 0.2)
            for worker in workers.list_workers(db):
                if workers.is_alive(worker):
                    _signal(worker.pid, signal.SIGKILL)
                    at.trial.count("workers killed")
        if at.chance.random() < 0.4:
            _signal(command.pid, signal.SIGKILL)
            at.trial.count("runs killed")
            command.wait()
            command = at.start("run", "--resume", run, "--json", log="again.log")
        status = wait_for(command)
        at.trial.check(status == 0, f"exit status {status}: {at.said('run.log')[-300:]}")
        is_whole(at.trial, db, run)


def pauses(at: Place) -> None:
    """Stop the worker, the run or both (a closed laptop) with SIGSTOP, then continue them."""
    command, run = begin(at, 80)
    with contextlib.closing(open_database(at.path)) as db:
        for _ in range(at.chance.randint(1, 3)):
            _until_more(db, run, at.chance.randint(1, 8), command)
            living = [worker.pid for worker in workers.list_workers(db) if workers.is_alive(worker)]
            which = at.chance.choice(["worker", "run", "both"])
            stopped = (living if which != "run" else []) + [command.pid] * (which != "worker")
            for pid in stopped:
                _signal(pid, signal.SIGSTOP)
            time.sleep(at.chance.uniform(0.1, 4.0) * LEASE_S)
            at.chance.shuffle(stopped)
            for pid in stopped:
                _signal(pid, signal.SIGCONT)
            at.trial.count(f"stops of {which}")
        status = wait_for(command)
        at.trial.check(status == 0, f"exit status {status}: {at.said('run.log')[-300:]}")
        is_whole(at.trial, db, run)


def clocks(at: Place) -> None:
    """Set the wall clock that all processes of the run see."""
    at.environment, step = real_runs.set_clock(at.folder)
    step(0)
    command, run = begin(at, 120)
    with contextlib.closing(open_database(at.path)) as db:
        for _ in range(at.chance.randint(2, 5)):
            _until_more(db, run, at.chance.randint(1, 12), command)
            step(at.chance.choice(STEPS))
            at.trial.count("steps of the clock")
        status = wait_for(command)
        at.trial.check(status == 0, f"exit status {status}: {at.said('run.log')[-300:]}")
        is_whole(at.trial, db, run)


def _until_more(db: Database, run: str, more: int, command: subprocess.Popen[str]) -> None:
    before = runs.get_run(db, run).done
    soon(
        lambda: runs.get_run(db, run).done >= before + more or command.poll() is not None,
        ENOUGH_S,
    )


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
