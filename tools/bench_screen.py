"""The screen under load, through a pty: key to frame, bytes sent, and the app's memory.

Prints JSON: key_to_frame_ms {p50, p95} with four demo panes streaming (goal p95 50), bytes_per_s
while they stream, memory_mb {start, most, end} of the app's process while 1,000 samples run
(goal 150, flat).
"""

from __future__ import annotations

import json
import os
import re
import statistics
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from typing import Any

import psutil
from terminal import Terminal

COLUMNS, ROWS = 145, 40
PACK = Path(__file__).resolve().parent.parent / "align_tui/demo/scenarios/demo-triage.toml"


ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")


def key_to_frame(terminal: Terminal, key: bytes, expected: str) -> float | None:
    """Milliseconds from a step key to the bytes that name the expected scenario; None if none.

    The bytes are looked at as they come: to have them drawn by pyte would take longer than they
    took to be made.
    """
    began = time.perf_counter()
    terminal.press(key)
    seen = b""
    while time.perf_counter() - began < 2:
        seen += terminal.take(0.002)
        if expected.encode() in ESCAPES.sub(b"", seen):
            return (time.perf_counter() - began) * 1000
    return None


def key_of(scenario: dict[str, Any]) -> str:
    """The key under which the screen names a scenario."""
    return str(scenario["id"])


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
        names = [key_of(s) for s in tomllib.loads(PACK.read_text(encoding="utf-8"))["scenario"]]
        end = time.perf_counter() + 3
        while time.perf_counter() < end:
            terminal.take(0.02)
        start_mb = process.memory_info().rss / 1e6
        sent, since = terminal.bytes, time.perf_counter()
        end = since + 10
        while time.perf_counter() < end:
            terminal.take(0.02)
        rate = (terminal.bytes - sent) / (time.perf_counter() - since)
        times: list[float] = []
        most = start_mb
        at = 0
        for number in range(keys):
            down = number % 60 < 30
            at += 1 if down else -1
            spent = key_to_frame(terminal, b"j" if down else b"k", names[at])
            if spent is not None:
                times.append(spent)
            pause = time.perf_counter() + 0.15
            while time.perf_counter() < pause:
                terminal.take(0.01)
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
