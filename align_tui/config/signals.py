"""The signals that end a process of ours."""

from __future__ import annotations

import signal


def endings() -> tuple[signal.Signals, ...]:
    """Interrupt, terminate and, unless whoever started us ignores it (nohup), hang up."""
    found = [signal.SIGINT, signal.SIGTERM]
    hangup = getattr(signal, "SIGHUP", None)  # not on Windows
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        found.append(hangup)
    return tuple(found)
