"""Measure the start: `--help` and the first frame, as ratios to hello-world programs.

python tools/bench_start.py [ROUNDS]

Prints JSON: help_ratio (goal 1.3), first_frame_ratio (goal 1.3) and study_ratio (the study read and
on the screen) to a hello-world Textual app behind Typer, medians in seconds, and whether torch was
imported in the app's process. Both sides alternate in one run.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import starting
from terminal import environment

HELLO_TYPER = """
import typer
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
@app.command()
def a(name: str = "x") -> None: "Say hello."
@app.command()
def b(name: str = "x") -> None: "Say goodbye."
app()
"""


def seconds(command: list[str], env: Mapping[str, str]) -> float:
    """The seconds that a command takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=env)
    return time.perf_counter() - began


def help_ratio(rounds: int, env: Mapping[str, str], folder: Path) -> dict[str, float]:
    """The ratio of `align-tui --help` to a hello-world Typer program, with medians in seconds."""
    script = folder / "hello.py"
    script.write_text(HELLO_TYPER)
    theirs, ours = [], []
    for number in range(rounds + 1):
        hello = seconds([sys.executable, str(script), "--help"], env)
        own = seconds([sys.executable, "-m", "align_tui", "--help"], env)
        if number:  # the first round warms the caches of both
            theirs.append(hello)
            ours.append(own)
    base, own = statistics.median(theirs), statistics.median(ours)
    return {
        "help_ratio": round(own / base, 3),
        "hello_help_s": round(base, 3),
        "help_s": round(own, 3),
    }


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    with tempfile.TemporaryDirectory() as folder:
        env = environment(folder)
        result: dict[str, object] = {
            **help_ratio(rounds, env, Path(folder)),
            **starting.measure(rounds, env, Path(folder)),
        }
    script = "import sys, align_tui.tui.app, align_tui.tui.startup; print('torch' in sys.modules)"
    torch = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    result["torch_in_the_apps_process"] = torch.stdout.strip() == "True"
    print(json.dumps({**result, "rounds": rounds}))


if __name__ == "__main__":
    main()
