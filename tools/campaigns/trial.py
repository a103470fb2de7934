"""One trial of a campaign: its own folder, a run, and the checks at its end."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from align_tui.core.seeds import sample_seed
from align_tui.store import results, runs, workers
from align_tui.store.database import Database, open_database
from tests.engine import real_runs

LEASE_S = 1.5
ENOUGH_S = 120.0


@dataclass
class Trial:
    """The actions on one run, and their results. `failures` is empty if all is well."""

    kind: str
    seed: str
    done: dict[str, int] = field(default_factory=dict)
    decisions: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)

    def count(self, what: str, times: int = 1) -> None:
        """Count an action on the run."""
        self.done[what] = self.done.get(what, 0) + times

    def check(self, true: object, message: str) -> None:
        """Note a failure unless a condition holds."""
        if not true:
            self.failures.append(message)


@dataclass
class Place:
    """A folder with the database, the settings and the logs of one trial."""

    folder: Path
    chance: random.Random
    trial: Trial
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The run database."""
        return self.folder / "runs.db"

    def start(self, *arguments: str, log: str) -> subprocess.Popen[str]:
        """Start `align-tui`; its streams go to files of the folder: `log`, and `log`.out."""
        with (self.folder / log).open("a") as err, (self.folder / f"{log}.out").open("a") as out:
            return subprocess.Popen(
                [sys.executable, "-m", "align_tui", *arguments],
                text=True,
                stdout=out,
                stderr=err,
                stdin=subprocess.DEVNULL,
                env=self.environment,
                start_new_session=True,
            )

    def said(self, log: str) -> str:
        """The text that a process wrote."""
        path = self.folder / log
        return path.read_text(errors="replace") if path.exists() else ""

    def logs(self) -> str:
        """The text that all processes wrote, workers too."""
        files = [each for each in self.folder.rglob("*.log") if each.is_file()]
        return "\n".join(each.read_text(errors="replace") for each in files)


@contextlib.contextmanager
def place(folder: Path, trial: Trial) -> Iterator[Place]:
    """Make a folder for one trial, and end its processes afterwards."""
    before = dict(os.environ)
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        os.environ[f"XDG_{name}_HOME"] = str(folder / name.lower())
    os.environ |= {
        "ALIGN_TUI_DB": str(folder / "runs.db"),
        "ALIGN_TUI_IDLE_EXIT": "2",
        "ALIGN_TUI_LEASE": str(LEASE_S),
    }
    made = Place(folder, random.Random(trial.seed), trial, dict(os.environ))
    began = time.monotonic()
    try:
        yield made
    except Exception as error:  # a broken trial is a failure, and the campaign goes on
        trial.failures.append(f"{type(error).__name__}: {error}")
    finally:
        if made.path.exists():
            with contextlib.suppress(Exception), contextlib.closing(open_database(made.path)) as db:
                for worker in workers.list_workers(db):
                    if workers.is_alive(worker):
                        os.kill(worker.pid, signal.SIGKILL)
        trial.seconds = round(time.monotonic() - began, 2)
        trial.check("Traceback (most" not in made.logs(), "a traceback was written")
        os.environ.clear()
        os.environ.update(before)


def begin(at: Place, samples: int, takes: float = 0.05) -> tuple[subprocess.Popen[str], str]:
    """Start `align-tui run` with a slow decision-maker, and wait for its first decision."""
    profile = real_runs.slow_profile(at.folder, takes)
    repeat = max(1, samples // 40)
    at.trial.decisions = 40 * repeat
    command = at.start(
        *("run", "-p", str(profile), "-s", "demo-triage", "--repeat", str(repeat), "--json"),
        *trust(),
        log="run.log",
    )
    told = "run.log.out"
    real_runs.until(lambda: at.said(told).count("\n") >= 2 or command.poll() is not None)
    if command.poll() is not None:
        raise RuntimeError(f"the run ended at once: {at.said('run.log')[-500:]}")
    return command, str(json.loads(at.said(told).splitlines()[0])["run"])


def trust() -> tuple[str, ...]:
    """The environment of a trial, which trusts the campaign's own decision-makers."""
    return ("--trust",)


def wait_for(command: subprocess.Popen[str], seconds: float = ENOUGH_S) -> int | None:
    """The exit status of a command; None if it does not end."""
    try:
        return command.wait(seconds)
    except subprocess.TimeoutExpired:
        command.kill()
        return None


def soon(true: Callable[[], object], seconds: float) -> bool:
    """True if a condition holds within a time limit."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.02)
    return bool(true())


def is_whole(trial: Trial, db: Database, run: str) -> None:
    """Check that every sample is decided once, and as in an undisturbed run."""
    row = runs.get_run(db, run)
    study = runs.load_study(db, run)
    seed = study.profiles[0].decoding.seed
    expected = sorted(
        (number, sample_seed(seed, scenario.seen_hash, repeat) % 2)
        for number, scenario in enumerate(study.scenarios)
        for repeat in range(study.repeat)
    )
    found = sorted((each.scenario, each.choice) for each in results.all_results(db, run))
    trial.check(row.done == trial.decisions, f"{row.done} of {trial.decisions} decided")
    trial.check(row.failed == 0, f"{row.failed} failed: {errors(db, run)}")
    trial.check(found == expected, "answers were lost, doubled or changed")


def errors(db: Database, run: str) -> list[str]:
    """The messages of a few failed samples."""
    rows = db.read(
        "SELECT error_message FROM results JOIN samples ON samples.id=results.sample"
        " WHERE run=? AND error_kind IS NOT NULL LIMIT 3",
        (run,),
    )
    return [str(row[0]) for row in rows]
