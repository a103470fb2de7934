"""What a worker says for its log."""

from __future__ import annotations

import contextlib
import sys


def say(what: str) -> None:
    """A line on standard error, which may have gone: that ends no worker."""
    with contextlib.suppress(OSError, ValueError):
        print(f"align-tui worker: {what}", file=sys.stderr, flush=True)
