"""A file for each worker, for what it cannot write into the database: a full disk, its end.

The file lies among the logs, most likely on another disk. The worker takes its space at the start,
so that it can write when the disk is full. The first block says what is wrong now. After it comes
what the process wrote when it ended: a crash dump, or that some code called os._exit. A worker
that ends normally removes its file.
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
ENDING = 64_000  # bytes of an ending that are read
KEEP_S = 30 * 86_400.0
_HOW = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def place(worker: str) -> Path:
    """The path of a worker's file."""
    return paths.state_dir() / "workers" / f"{worker}.end"


def begin(worker: str) -> int | None:
    """Make this worker's file; its descriptor, or None if the file cannot be made.

    The descriptor stands where a process writes how it ended.
    """
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


def write_trouble(worker: str, trouble: str | None) -> None:
    """Write what is wrong with the worker now (None: nothing) into its file."""
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
    """What the worker's file says is wrong with it; None if nothing is, or there is no file."""
    try:
        with place(worker).open("rb") as file:
            text = _head(file.read(BLOCK)).get("trouble")
    except OSError:
        return None
    return str(text)[:1000] if text else None


def ending(worker: str) -> str | None:
    """How the worker's process ended, if the process or the kernel recorded it; None for a kill."""
    try:
        with place(worker).open("rb") as file:
            head = _head(file.read(BLOCK))
            text = file.read(ENDING).decode("utf-8", "replace").strip("\0\n ")
    except OSError:
        return None
    if text:
        return text
    before, now = head.get("oom_kills"), oom_kills()
    if isinstance(before, int) and now is not None and now > before:
        return "The kernel ended a process because memory ran out"
    return None


def add_ending(worker: str, text: str) -> None:
    """Write how the worker ended as its parent saw it, unless the worker wrote it itself."""
    if ending(worker) is None:
        with contextlib.suppress(OSError), place(worker).open("r+b") as file:
            file.seek(BLOCK)
            file.write(text.encode("utf-8", "replace"))


def remove(worker: str) -> None:
    """Remove the worker's file: the worker ended normally, or its ending was read."""
    with contextlib.suppress(OSError):
        place(worker).unlink(missing_ok=True)


def oom_kills() -> int | None:
    """How many processes Linux ended because memory ran out, since boot; None elsewhere."""
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
        # A character takes at most six bytes as JSON, so 600 fit into the block.
        head = {**head, "trouble": str(text)[:600]}
    os.lseek(handle, 0, os.SEEK_SET)
    os.write(handle, json.dumps(head).encode().ljust(BLOCK)[:BLOCK])


def _tidy(folder: Path) -> None:
    """Remove old files: their databases were deleted before anybody read the endings."""
    for path in folder.glob("*.end"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > KEEP_S:
                path.unlink()
