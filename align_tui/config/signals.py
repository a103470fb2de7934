"""The signals that end a process of this program."""

from __future__ import annotations

import signal


def endings() -> tuple[signal.Signals, ...]:
    """SIGINT, SIGTERM and SIGHUP; not SIGHUP if the process was started to ignore it (nohup)."""
    found = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)  # not on Windows
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        found.append(hangup)
    return tuple(found)
