"""A file a worker, for what the database cannot be told: that its disk is full, how it ended.

It lies among the logs, most likely on another disk, and its room is taken at the start, so that it
can be written when no space is left. First a block with what is wrong now, then whatever the
process could still say when it ended: the dump of a crash, or that somebody called os._exit.
A worker that ends in an orderly way removes it.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any

from align_tui.config import paths

BLOCK = 4096
ENDING = 64_000  # characters of an ending that are read
KEEP_S = 30 * 86_400.0
_HOW = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def place(worker: str) -> Path:
    """The file of one worker."""
    return paths.state_dir() / "workers" / f"{worker}.end"


def begin(worker: str) -> int | None:
    """Make this process's file; where an ending is to be written, or None without a disk for it."""
    path = place(worker)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _tidy(path.parent)
        handle = os.open(path, _HOW | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        _put(handle, {"oom_kills": oom_kills()})
    with contextlib.suppress(OSError):
        os.lseek(handle, BLOCK, os.SEEK_SET)
    return handle


def say(worker: str, trouble: str | None) -> None:
    """Keep what is wrong with the worker now, for readers that the database cannot tell."""
    try:
        handle = os.open(place(worker), _HOW)
    except OSError:
        return
    try:
        with contextlib.suppress(OSError):
            _put(handle, {**_head(os.read(handle, BLOCK)), "trouble": trouble})
    finally:
        os.close(handle)


def trouble(worker: str) -> str | None:
    """What is wrong with that worker, if it could not write it into the database."""
    try:
        with place(worker).open("rb") as file:
            said = _head(file.read(BLOCK)).get("trouble")
    except OSError:
        return None
    return str(said)[:1000] if said else None


def ending(worker: str) -> str | None:
    """How that worker's process ended, if it or the kernel said so; None for a kill."""
    try:
        with place(worker).open("rb") as file:
            head = _head(file.read(BLOCK))
            said = file.read(ENDING).decode("utf-8", "replace").strip("\0\n ")
    except OSError:
        return None
    if said:
        return said
    before, now = head.get("oom_kills"), oom_kills()
    if isinstance(before, int) and now is not None and now > before:
        return "The kernel ended a process for want of memory"
    return None


def add_ending(worker: str, said: str) -> None:
    """Keep what a parent saw of the end of that worker, unless the worker said it better."""
    if ending(worker) is None:
        with contextlib.suppress(OSError), place(worker).open("r+b") as file:
            file.seek(BLOCK)
            file.write(said.encode("utf-8", "replace"))


def remove(worker: str) -> None:
    """It ended as it should, or its ending was read."""
    with contextlib.suppress(OSError):
        place(worker).unlink(missing_ok=True)


def oom_kills() -> int | None:
    """How many processes Linux has ended for want of memory since it started; None elsewhere."""
    try:
        for line in Path("/proc/vmstat").read_text(encoding="ascii").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return None


def _head(block: bytes) -> dict[str, Any]:
    try:
        found = json.loads(block.strip(b"\0 ") or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _put(handle: int, head: dict[str, Any]) -> None:
    text = head.get("trouble")
    if text is not None:
        head = {**head, "trouble": str(text)[:600]}  # as JSON, six bytes a character at most
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, json.dumps(head).encode().ljust(BLOCK)[:BLOCK])


def _tidy(folder: Path) -> None:
    """Files of workers whose database went before anybody read their ending."""
    for path in folder.glob("*.end"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > KEEP_S:
                path.unlink()
