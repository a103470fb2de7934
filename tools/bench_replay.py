"""Measure the memory of the screen at the start and end of a long replay, on a virtual clock.

python -m tools.bench_replay --json                  # 24 hours, 24 samples an hour
python -m tools.bench_replay --json --hours 6
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import psutil

from align_tui.config.study import Study
from align_tui.store import runs
from align_tui.store.database import Database, open_database
from align_tui.tui.asciicast import Recorder
from align_tui.tui.launch import Launch
from tests.tui import fakes

A_DAY, AN_HOUR = 24, 24  # hours; samples an hour


def decided(db: Database, study: Study) -> str:
    """Write a run whose samples spread over a number of hours; its id."""
    run = runs.create_run(db, study, {})
    worker = fakes.FakeWorker(db, study)
    while batch := worker.claim(4):
        for claimed in batch:
            worker.finish(claimed, took=3600 / AN_HOUR)
    took = 3600.0 / AN_HOUR
    with db.write() as connection:
        connection.execute(
            "UPDATE results SET started=1.7e9+(sample-1)*?, finished=1.7e9+sample*?", (took, took)
        )
    return run


def main() -> None:
    """Replay the run and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--hours", type=int, default=A_DAY)
    parser.add_argument("--frames", type=int, default=2400, help="how many frames to paint")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "runs.db"
        db = open_database(path)
        study = fakes.study(asked.hours * AN_HOUR // 4)
        run = decided(db, study)
        # A frame lasts a tenth of a second, whatever part of the run it covers.
        speed = asked.hours * 3600 / (asked.frames / 10)
        process, sent = psutil.Process(), 0
        memory: list[float] = []

        def write(line: str) -> None:
            nonlocal sent
            sent += len(line)
            if recorder.frames >= len(memory) * asked.frames / 12:
                memory.append(round(process.memory_info().rss / 1e6, 1))

        recorder = Recorder(
            Launch(path, study, run, False, replay=True, speed=speed), study, db, write
        )
        began = time.perf_counter()
        recorder.app.run(size=(120, 40), auto_pilot=recorder.play, mouse=False)
        found = {
            "hours": asked.hours,
            "frames": recorder.frames,
            "seconds": round(time.perf_counter() - began, 1),
            "megabytes_sent": round(sent / 1e6, 2),
            "memory_mb": memory,  # at equal distances from start to end
        }
        db.close()
    print(json.dumps(found) if asked.json else found)


if __name__ == "__main__":
    main()
