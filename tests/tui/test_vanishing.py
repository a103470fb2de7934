"""If the terminal vanishes or the screen is killed, the worker goes on and nothing is lost."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from align_tui.store import runs, workers
from align_tui.store.database import Database

pytestmark = pytest.mark.slow

SLOW = """
import asyncio
turn = asyncio.Semaphore(2)
async def decide(scenario, targets, llm, parameters):
    async with turn:
        await asyncio.sleep(0.15)
    return llm.seed % 2
"""


class Terminal:
    """The program in a pty, whose other end can be closed."""

    def __init__(self, *arguments: str, deaf: bool = False) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # nohup sets this for its child processes, for example a tmux server.
            signal.signal(signal.SIGHUP, signal.SIG_IGN if deaf else signal.SIG_DFL)
            command = [sys.executable, "-m", "align_tui", *arguments]
            os.execve(command[0], command, {**os.environ, "TERM": "xterm-256color"})
        self.seen = b""

    def until(self, true: Callable[[], object], seconds: float = 60.0) -> None:
        """Read the output until the condition holds."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, f"waited in vain: {self.seen[-1000:]!r}"
            if select.select([self.fd], [], [], 0.05)[0]:
                with suppress(OSError):  # it has ended
                    self.seen += os.read(self.fd, 1 << 16)

    def ended(self, seconds: float) -> int:
        """The wait status of the program, which must end within that time."""
        end = time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return status
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                raise AssertionError("it did not end")
            time.sleep(0.02)


@pytest.fixture
def no_workers_left(database: Database) -> Iterator[None]:
    yield
    for worker in workers.list_workers(database):
        if workers.is_alive(worker):
            os.kill(worker.pid, signal.SIGKILL)


@pytest.mark.usefixtures("no_workers_left")
@pytest.mark.parametrize("how", ["the terminal vanishes", "it does below nohup", "kill -9"])
def test_the_screen_goes_and_the_run_goes_on(database: Database, tmp_path: Path, how: str) -> None:
    (tmp_path / "slow.py").write_text(SLOW)
    profile = tmp_path / "slow.toml"
    profile.write_text('[adm]\nkind = "custom"\nfile = "slow.py"\nneeds_model = false\n')
    arguments = ("-p", str(profile), "-s", "demo-triage", "--limit", "30")
    first = Terminal(*arguments, deaf="nohup" in how)
    first.until(lambda: b"Nothing is decided" in first.seen)
    os.write(first.fd, b"a")
    first.until(lambda: runs.list_runs(database) and runs.list_runs(database)[0].done >= 3)
    [row] = runs.list_runs(database)
    if how == "kill -9":
        os.kill(first.pid, signal.SIGKILL)
    else:
        os.close(first.fd)  # sends SIGHUP; the program can no longer write
    status = first.ended(10)
    # It ended by the signal or as if the user had left; status 1 would be a failure.
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, status
    assert runs.get_run(database, row.id).done < 30

    again = Terminal("--run", row.id)
    again.until(lambda: runs.get_run(database, row.id).finished)
    again.until(lambda: b"30/30" in again.seen or b"30 of 30" in again.seen)
    os.write(again.fd, b"q")
    again.until(lambda: os.waitid(os.P_PID, again.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT))
    assert again.ended(10) == 0
    assert b"Traceback" not in first.seen + again.seen
    found = database.read("SELECT sample, count(*) AS n FROM results GROUP BY sample")
    assert len(found) == 30 and {result["n"] for result in found} == {1}
    assert [tuple(r) for r in database.read("PRAGMA integrity_check")] == [("ok",)]
