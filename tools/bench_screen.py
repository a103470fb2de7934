"""Measure the screen under load in a pty: first frame, key to frame, bytes sent, and memory.

python tools/bench_screen.py --json [--keys 120]

Prints one JSON object: first_frame_ratio (to a hello-world Textual app behind Typer in the same
run; goal 1.3); key_to_frame_ms {"4", "16"} with so many panes streaming 800 tokens/s in all from
stream_writer.py (p95 goals 50 and 80), and {"demo"} with the real worker and the demo model;
bytes_per_s while four panes stream (goal 61440), by the writer and by the real worker, and with
--low-bandwidth (goal 15360); memory_mb
{start, most, end} of the app's process while the demo's 1,120 samples run (goal 150, flat).
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import starting
from stream_writer import PACK, STREAMING
from terminal import Terminal, environment, quantile

PAUSE_S, LOOK_S = 0.15, 10.0
SIZES = {4: (145, 40), 16: (250, 60)}
DEMO = ("baseline", "moral-desert-high", "moral-desert-low", "risk-aversion-high")
COMMAND = [sys.executable, "-m", "align_tui"]
Times = dict[str, float]


def names() -> list[str]:
    """The names of the demo's scenarios on the screen, in order."""
    return [str(s["id"]) for s in tomllib.loads(PACK.read_text(encoding="utf-8"))["scenario"]]


def step(terminal: Terminal, keys: int, upto: int, each: Callable[[], None]) -> Times:
    """Milliseconds from a key to the bytes that name the next scenario, up and down."""
    known, at, down = names(), 0, True
    times: list[float] = []
    for _ in range(keys):
        down = at == 0 or (down and at < upto - 1)
        at += 1 if down else -1
        terminal.press(b"j" if down else b"k")
        times.append(terminal.seconds_until(known[at], 5.0) * 1000)
        terminal.drain(PAUSE_S)
        each()
    return {
        "p50": round(statistics.median(times), 1),
        "p95": round(quantile(times, 0.95), 1),
        "worst": round(max(times), 1),
        "keys": len(times),
    }


def rate(terminal: Terminal) -> int:
    """Bytes a second that the app sends while nobody presses a key."""
    before = terminal.bytes
    terminal.drain(LOOK_S)
    return round((terminal.bytes - before) / LOOK_S)


@contextmanager
def opened(
    run: str, size: tuple[int, int], env: Mapping[str, str], *options: str
) -> Iterator[Terminal]:
    """The app on a run, after a text began to stream."""
    command = [*COMMAND, "--run", run, *options]
    terminal = Terminal(command, columns=size[0], rows=size[1], environment=env)
    try:
        terminal.wait_for(lambda text: "tok/s" in text)
        terminal.drain(3.0)
        yield terminal
    finally:
        terminal.close()


def written(panes: int, keys: int, *options: str) -> tuple[Times, int]:
    """(key to frame, bytes a second) while the writer streams into a number of panes."""
    with tempfile.TemporaryDirectory() as folder:
        env = environment(folder)
        script = str(Path(__file__).with_name("stream_writer.py"))
        writer = subprocess.Popen(
            [sys.executable, script, env["ALIGN_TUI_DB"], str(panes)],
            stdout=subprocess.PIPE, text=True, env=env,
        )  # fmt: skip
        try:
            assert writer.stdout is not None
            run = writer.stdout.readline().strip()
            with opened(run, SIZES[panes], env, *options) as terminal:
                sent = rate(terminal)
                return step(terminal, keys, STREAMING, lambda: None), sent
        finally:
            writer.kill()
            writer.wait()


def decided(keys: int) -> tuple[Times, int, Times]:
    """(key to frame, bytes a second, memory in MB) while the real worker decides the demo."""
    with tempfile.TemporaryDirectory() as folder:
        env = environment(folder)
        study = Path(folder) / "bench.toml"
        study.write_text(
            f"profiles = {json.dumps(DEMO)}\nscenarios = ['demo-triage']\nrepeat = 7\n"
        )
        started = subprocess.run(
            [*COMMAND, "run", str(study), "--detach"],
            check=True, env=env, capture_output=True, text=True,
        )  # fmt: skip
        try:
            with opened(started.stdout.strip(), SIZES[4], env) as terminal:
                process = psutil.Process(terminal.pid)
                used = [process.memory_info().rss / 1e6]
                sent = rate(terminal)
                times = step(
                    terminal, keys, 30, lambda: used.append(process.memory_info().rss / 1e6)
                )
            memory = {"start": used[0], "most": max(used), "end": used[-1]}
            return times, sent, {name: round(value, 1) for name, value in memory.items()}
        finally:
            for each in psutil.process_iter(["cmdline"]):
                if env["ALIGN_TUI_DB"] in (each.info["cmdline"] or []):
                    each.kill()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON (always on)")
    parser.add_argument("--keys", type=int, default=120, help="keys to press for each load")
    keys = parser.parse_args().keys
    with tempfile.TemporaryDirectory() as folder:
        started = starting.measure(7, environment(folder), Path(folder))
    four, sent = written(4, keys)
    slow, sent_slowly = written(4, keys // 4, "--low-bandwidth")
    sixteen, sent_by_sixteen = written(16, keys)
    demo, sent_by_demo, memory = decided(keys)
    result = {
        **started,
        "key_to_frame_ms": {"4": four, "16": sixteen, "demo": demo, "4 low": slow},
        "bytes_per_s": sent,
        "bytes_per_s_by": {
            "4": sent,
            "16": sent_by_sixteen,
            "demo": sent_by_demo,
            "4 low": sent_slowly,
        },
        "memory_mb": memory,
        "screen": {str(panes): f"{size[0]}x{size[1]}" for panes, size in SIZES.items()},
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
