"""Send storms of random keys and resizes to every screen, which must neither raise nor lose data.

python tools/storm.py [--keys 10000] [--screens study,runs] [--seed today]

Prints one JSON object for each screen: screen, seed, keys, resizes, clicks, opened (how often the
keys left the app and the storm opened it again), seconds, failures. For the screens in WORKED a
real worker decides the demo meanwhile. The exit status is 1 if anything failed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from align_tui.store import launch, runs
from align_tui.store.database import open_database
from tests.tui.storms import DOORS, WORKED, Storm, decided_run, decisions, faults_of, hostile_study

REPEAT = 20  # so that a worker has samples to decide during the whole storm


def storm(door: str, keys: int, seed: str) -> dict[str, object]:
    """Run one screen's storm, in its own folder."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{name}_HOME"] = folder
        os.environ["ALIGN_TUI_IDLE_EXIT"] = "2"
        path = Path(folder) / "runs.db"
        db = open_database(path)
        study = hostile_study()
        run = decided_run(db, study)
        worker: subprocess.Popen[bytes] | None = None
        if door in WORKED:
            study = hostile_study(40)
            run = runs.create_run(db, study, {}, enqueue=False)
            for number in range(REPEAT):
                more = runs.create_run(db, study, {}, enqueue=True)
                run = run if number else more
            worker = launch.ensure_worker(db)
        else:
            launch.ensure_worker = lambda db: None
        before = decisions(db)
        blown = asyncio.run(Storm(door, path, study, run, seed).blow(keys))
        if worker is not None:
            worker.terminate()
            worker.wait(timeout=60)
        db.close()
        blown.failures += faults_of(path, before)
        os.chdir("/")
    return {**asdict(blown), "seconds": round(time.monotonic() - began, 1)}


def main() -> int:
    """Run one process for each screen, so that no screen's changes affect another."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=int, default=10_000, help="keys for each screen")
    parser.add_argument("--screens", default=",".join(DOORS), help=f"of {', '.join(DOORS)}")
    parser.add_argument("--seed", default=time.strftime("%Y-%m-%d"))
    asked = parser.parse_args()
    names = asked.screens.split(",")
    if unknown := set(names) - set(DOORS):
        parser.error(f"no such screen: {', '.join(sorted(unknown))}")
    if len(names) == 1:
        figures = storm(names[0], asked.keys, asked.seed)
        print(json.dumps(figures, ensure_ascii=False), flush=True)
        return 1 if figures["failures"] else 0
    statuses = [
        subprocess.run(
            [sys.executable, __file__, "--screens", name, "--keys", str(asked.keys),
             "--seed", asked.seed],
            check=False,
        ).returncode
        for name in names
    ]  # fmt: skip
    return int(any(statuses))


if __name__ == "__main__":
    sys.exit(main())
