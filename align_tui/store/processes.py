"""Which process is which: told apart without a clock that can be set."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psutil

_BY_BOOT = Path("/proc/self/stat").exists()


def host_name() -> str:
    """The name under which this host's workers are known."""
    return socket.gethostname()


def boot() -> str:
    """Which boot of which machine this is; empty where the system does not tell."""
    return _read("/proc/sys/kernel/random/boot_id")


def namespace() -> str:
    """Which processes can be seen from here (a container has its own); empty if untold."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def process_start(pid: int) -> float | None:
    """When that process began, as a number that never changes; None when it does not run.

    On Linux these are seconds since the boot. (psutil's are seconds since the epoch: it adds the
    moment of the boot, which moves with every step of the wall clock.) Elsewhere the system keeps
    the moment itself.
    """
    if _BY_BOOT:
        fields = _fields(pid)
        if fields is None or fields[0] in ("Z", "X"):
            return None
        return float(fields[19]) / os.sysconf("SC_CLK_TCK")
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.Error:
        return None


def is_stopped(pid: int) -> bool:
    """Was that process stopped by a signal (SIGSTOP, ctrl+z), so that it can be continued?"""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False


def _fields(pid: int) -> list[str] | None:
    """/proc/PID/stat from the third field on: the second, a name, may hold blanks and brackets."""
    text = _read(f"/proc/{pid}/stat")
    return text.rpartition(")")[2].split() if text else None
