"""Identify processes without the wall clock, which somebody may set."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psutil

_BY_BOOT = Path("/proc/self/stat").exists()


def host_name() -> str:
    """The host name that this host's workers register with."""
    return socket.gethostname()


def boot() -> str:
    """An id of this boot of this machine; empty if the system has none."""
    return _read("/proc/sys/kernel/random/boot_id")


def namespace() -> str:
    """An id of this process's PID namespace (a container has its own); empty if unknown."""
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
    """When a process started, as a number that never changes; None if it does not run.

    On Linux it is in seconds since boot: psutil adds the time of the boot, which moves whenever
    somebody sets the wall clock. Elsewhere it is psutil's, in seconds since the epoch.
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
    """True if a signal stopped the process (SIGSTOP, ctrl+z), so that it can be continued."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False


def _fields(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the second, whose name may hold blanks and brackets."""
    text = _read(f"/proc/{pid}/stat")
    return text.rpartition(")")[2].split() if text else None
