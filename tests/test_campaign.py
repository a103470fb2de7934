"""tools/campaign.py notices failures, and finds none in a short trial of each kind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPO

TOOL = REPO / "tools" / "campaign.py"

# The test removes one result from the database before the trial checks it.
SPOILED = """
import runpy, sys
sys.argv = ["campaign", "--trial", "clocks:test"]
sys.path.insert(0, {tools!r})
from campaigns import signals
sound = signals.is_whole
def spoiled(trial, db, run):
    with db.write() as connection:
        last = "(SELECT max(seq) FROM results)"
        connection.execute(f"UPDATE results SET choice=1-choice WHERE seq={{last}}")
    sound(trial, db, run)
signals.is_whole = spoiled
runpy.run_path({tool!r}, run_name="__main__")
"""


def run(*command: str) -> tuple[int, dict[str, object]]:
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=200, cwd=REPO
    )
    return done.returncode, json.loads(done.stdout)


@pytest.mark.slow
def test_a_short_trial_is_clean() -> None:
    status, told = run(str(TOOL), "--trial", "servers:test")
    assert (status, told["failures"]) == (0, []) and told["decisions"] == 12


@pytest.mark.slow
def test_a_changed_answer_is_noticed(tmp_path: Path) -> None:
    script = tmp_path / "spoiled.py"
    script.write_text(SPOILED.format(tools=str(TOOL.parent), tool=str(TOOL)))
    status, told = run(str(script))
    assert status == 1 and "lost, doubled or changed" in json.dumps(told["failures"])
