"""Write lines into a worker's log."""

from __future__ import annotations

import contextlib
import sys


def say(what: str) -> None:
    """Write a line on standard error; ignore an error if nobody reads it any more."""
    with contextlib.suppress(OSError, ValueError):
        print(f"align-tui worker: {what}", file=sys.stderr, flush=True)
