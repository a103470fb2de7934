"""The screen under load, through a pty: key to frame, bytes sent, and the app's memory.

Prints JSON: key_to_frame_ms {p50, p95} with four demo panes streaming (goal p95 50), bytes_per_s
while they stream, memory_mb {start, most, end} of the app's process while 1,000 samples run
(goal 150, flat).
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil
from terminal import Terminal

COLUMNS, ROWS = 145, 40


def title_line(terminal: Terminal) -> str:
    """The line that names the scenario in view."""
    return next((line for line in terminal.screen.display if "/" in line and "·" in line), "")


def key_to_frame(terminal: Terminal, key: bytes) -> float | None:
    """Milliseconds from a step key to the frame that shows another scenario; None if it cannot."""
    before = title_line(terminal)
    began = time.perf_counter()
    terminal.press(key)
    while title_line(terminal) == before:
        if time.perf_counter() - began > 2:
            return None
        terminal.read(0.002)
    return (time.perf_counter() - began) * 1000


def quantile(values: list[float], share: float) -> float:
    """The value below which that share lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main() -> None:
    """Measure and print."""
    keys = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ)
        environment |= {f"XDG_{n}_HOME": folder for n in ("DATA", "CONFIG", "STATE", "CACHE")}
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment |= {"ALIGN_TUI_IDLE_EXIT": "2", "ALIGN_TUI_DB": str(Path(folder) / "runs.db")}
        study = Path(folder) / "bench.toml"
        profiles = ["baseline", "moral-desert-high", "moral-desert-low", "risk-aversion-high"]
        study.write_text(
            f"profiles = {json.dumps(profiles)}\nscenarios = ['demo-triage']\nrepeat = 7\n"
        )
        command = [sys.executable, "-m", "align_tui"]
        # The demo study starts by itself; its repeats make it 1,120 samples long.
        import subprocess

        subprocess.run(
            [*command, "run", str(study), "--detach"], check=True, env=environment,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        run = json.loads(
            subprocess.run(
                [*command, "runs", "--json"], check=True, env=environment, capture_output=True
            ).stdout
        )["id"]
        terminal = Terminal(
            [*command, "--run", run], columns=COLUMNS, rows=ROWS, environment=environment
        )
        process = psutil.Process(terminal.pid)
        terminal.wait_for(lambda text: "tok/s" in text)
        end = time.perf_counter() + 3
        while time.perf_counter() < end:
            terminal.read(0.02)
        start_mb = process.memory_info().rss / 1e6
        sent, since = terminal.bytes, time.perf_counter()
        end = since + 10
        while time.perf_counter() < end:
            terminal.read(0.02)
        rate = (terminal.bytes - sent) / (time.perf_counter() - since)
        times: list[float] = []
        most = start_mb
        for number in range(keys):
            spent = key_to_frame(terminal, b"j" if number % 60 < 30 else b"k")
            if spent is not None:
                times.append(spent)
            pause = time.perf_counter() + 0.15
            while time.perf_counter() < pause:
                terminal.read(0.01)
            most = max(most, process.memory_info().rss / 1e6)
        end_mb = process.memory_info().rss / 1e6
        terminal.close()
        for each in psutil.process_iter(["cmdline"]):
            if str(Path(folder) / "runs.db") in (each.info["cmdline"] or []):
                each.kill()
    result = {
        "key_to_frame_ms": {
            "p50": round(statistics.median(times), 1),
            "p95": round(quantile(times, 0.95), 1),
            "keys": len(times),
        },
        "bytes_per_s": round(rate),
        "memory_mb": {
            "start": round(start_mb, 1), "most": round(most, 1), "end": round(end_mb, 1)
        },
        "screen": f"{COLUMNS}x{ROWS}",
    }  # fmt: skip
    print(json.dumps(result))


if __name__ == "__main__":
    main()
