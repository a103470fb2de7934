"""How soon is it there? `--help` and the first frame, as ratios to hello-world programs.

Prints JSON: help_ratio (goal 1.3), first_frame_ratio (goal 1.5), medians in seconds, and whether
torch was imported in the app's process. Both sides alternate in one run.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from terminal import Terminal

HELLO_TYPER = """
import typer
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
@app.command()
def a(name: str = "x") -> None: "Say hello."
@app.command()
def b(name: str = "x") -> None: "Say goodbye."
app()
"""
HELLO_TEXTUAL = """
import typer
app = typer.Typer()
@app.command()
def a() -> None:
    from textual.app import App
    from textual.widgets import Footer, Header, Static
    class Hello(App):
        def compose(self):
            yield Header(); yield Static("hello world"); yield Footer()
    Hello().run()
app()
"""


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """How long a command takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - began


def first_frame(command: list[str], shown: str, environment: dict[str, str]) -> float:
    """Seconds until the screen shows that text."""
    terminal = Terminal(command, columns=120, rows=40, environment=environment)
    try:
        return terminal.wait_for(lambda text: shown in text)
    finally:
        terminal.close()


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "hello.py").write_text(HELLO_TYPER)
        (place / "hello_tui.py").write_text(HELLO_TEXTUAL)
        environment = dict(os.environ)
        environment |= {f"XDG_{n}_HOME": folder for n in ("DATA", "CONFIG", "STATE", "CACHE")}
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment |= {"ALIGN_TUI_IDLE_EXIT": "1", "ALIGN_TUI_DB": str(place / "runs.db")}
        ours = [sys.executable, "-m", "align_tui"]
        times: dict[str, list[float]] = {"help": [], "hello": [], "app": [], "hello_app": []}
        for _ in range(rounds):
            hello = [sys.executable, str(place / "hello.py"), "--help"]
            times["hello"].append(seconds(hello, environment))
            times["help"].append(seconds([*ours, "--help"], environment))
            hello_tui = [sys.executable, str(place / "hello_tui.py")]
            times["hello_app"].append(first_frame(hello_tui, "hello world", environment))
            # A study that waits for a key: the frame is timed, not the work behind it.
            opened = [*ours, "-s", "demo-triage", "-p", "baseline", "-p", "random"]
            times["app"].append(first_frame(opened, "baseline", environment))
    medians = {name: statistics.median(values) for name, values in times.items()}
    script = "import sys, align_tui.tui.app; print('torch' in sys.modules)"
    torch = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    result = {
        "help_ratio": round(medians["help"] / medians["hello"], 3),
        "first_frame_ratio": round(medians["app"] / medians["hello_app"], 3),
        "seconds": {name: round(value, 3) for name, value in medians.items()},
        "torch_in_the_apps_process": torch.stdout.strip() == "True",
        "rounds": rounds,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
