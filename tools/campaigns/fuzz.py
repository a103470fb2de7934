"""A trial with hostile files for every reader (tools/fuzz_readers.py)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from campaigns.trial import Place

TOOL = Path(__file__).resolve().parent.parent / "fuzz_readers.py"
INPUTS, COMMANDS = 1500, 12


def fuzz(at: Place) -> None:
    """Give odd files to every reader, in process and through the command line."""
    command = [sys.executable, str(TOOL), "--seed", str(at.chance.randrange(1 << 30))]
    command += ["--inputs", str(INPUTS), "--command-line", str(COMMANDS)]
    made = subprocess.run(command, capture_output=True, text=True, env=at.environment, timeout=600)
    at.trial.check(made.returncode == 0, made.stdout[-600:] + made.stderr[-300:])
    at.trial.count("inputs", INPUTS + COMMANDS)
    at.trial.check(made.stdout.strip() and json.loads(made.stdout), "it printed no figures")
