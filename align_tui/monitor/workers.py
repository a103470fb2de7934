"""Read the log of a worker process."""

from __future__ import annotations


def log_tail() -> str:
    """The last lines of the log of the worker that this process started last."""
    from align_tui.store import launch

    return launch.log_tail()
