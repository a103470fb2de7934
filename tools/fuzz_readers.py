"""Give hostile files to every reader: none may raise a traceback, hang, or use all memory.

python tools/fuzz_readers.py [--inputs 30000] [--command-line 500] [--seed 1] [--size 200000]

Prints one JSON object: inputs, accepted, refused, escapes (errors without a title, and hangs),
slowest_s and its input, over_5_s, most_memory_mb, seconds; the same for the inputs that went
through the command line. The exit status is 1 if anything escaped or exceeded a limit.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.fuzzing.nasty import no_files
from tests.fuzzing.readers import ENDINGS, LONGEST, REPO, commands, fuzz, inputs


def one_command(arguments: list[str], places: dict[str, str]) -> dict[str, object]:
    """Run `align-tui`: (how it ended, seconds, most memory)."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as said:
        started = subprocess.Popen(
            [sys.executable, "-m", "align_tui", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env={**os.environ, **places, "PYTHONPATH": str(REPO)},
        )
        while True:
            pid, status, used = os.wait4(started.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() - began > LONGEST:
                started.kill()
            time.sleep(0.01)
        started.returncode = os.waitstatus_to_exitcode(status)
        took = time.monotonic() - began
        said.seek(0)
        text = said.read(100_000).decode("utf-8", "replace")
    escaped = (
        started.returncode not in (0, 1, 2) or "Traceback" in text or "unexpected error" in text
    )
    return {
        "escaped": escaped,
        "said": text[-600:] if escaped else "",
        "took": took,
        "memory": used.ru_maxrss // 1024,
    }


def by_command_line(count: int, seed: int, folder: Path, size: int) -> dict[str, object]:
    """Let the program itself read `count` inputs, one process each."""
    config = folder / "config" / "align-tui"
    (config / "attributes").mkdir(parents=True)
    places = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in
              ("CONFIG", "DATA", "STATE", "CACHE")}  # fmt: skip
    places |= {"ALIGN_TUI_DB": str(folder / "runs.db"), "ALIGN_TUI_IDLE_EXIT": "1"}
    escapes: list[dict[str, object]] = []
    slowest, which, over, memory, done = 0.0, "", 0, 0, 0
    every = inputs(seed, size)
    for reader, what, content in itertools.chain(_no_files(folder / "none"), every):
        if done >= count:
            break
        path = folder / f"input{ENDINGS.get(reader, '.json')}"
        if isinstance(content, Path):
            path = content
        elif not commands(reader, path):
            continue
        else:
            path.write_bytes(content)
        own = {"keymap": config / "keys.toml", "pack": config / "attributes" / "own.toml"}
        if reader in own:
            path.replace(own[reader])
        found = one_command(list(commands(reader, path)), places)
        for each in own.values():
            each.unlink(missing_ok=True)
        done += 1
        took, held = float(str(found["took"])), int(str(found["memory"]))
        over += took > 5
        memory = max(memory, held)
        if took > slowest:
            slowest, which = took, f"{reader}: {what}"
        if found["escaped"]:
            escapes.append({"reader": reader, "input": what, "said": found["said"]})
    return {
        "inputs": done, "escapes": escapes, "slowest_s": round(slowest, 2), "slowest": which,
        "over_5_s": over, "most_memory_mb": memory,
    }  # fmt: skip


def _no_files(folder: Path) -> Iterator[tuple[str, str, Path | bytes]]:
    for path in no_files(folder):
        for reader in ("scenarios", "profile", "study", "run"):
            if "\0" not in str(path):  # no process accepts NUL in an argument
                yield reader, repr(path), path


def main() -> int:
    """Fuzz, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--inputs", type=int, default=30_000)
    parser.add_argument("--command-line", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=200_000, help="the size of generated files")
    chosen = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for place in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{place}_HOME"] = str(folder / "own" / place.lower())
        figures = fuzz(chosen.inputs, chosen.seed, folder, chosen.size)
        outside = by_command_line(chosen.command_line, chosen.seed, folder / "line", chosen.size)
    told: dict[str, object] = {
        **vars(figures), "most_memory_mb": figures.most_memory_mb, "command_line": outside,
        "seed": chosen.seed, "seconds": round(time.monotonic() - began),
    }  # fmt: skip
    print(json.dumps(told, indent=1))
    wrong = figures.escapes or outside["escapes"] or figures.over_5_s or outside["over_5_s"]
    heavy = max(figures.most_memory_mb, int(str(outside["most_memory_mb"]))) > 500
    return 1 if wrong or heavy else 0


if __name__ == "__main__":
    sys.exit(main())
