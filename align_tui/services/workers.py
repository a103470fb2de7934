"""Having a worker process serve the queue."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.workers import WorkerRow


def ensure_worker(db: Database, silent: Sequence[WorkerRow] = ()) -> subprocess.Popen[bytes] | None:
    """Start a worker unless one answers; returns its process, or None. Raises StoreError.

    Workers that are known to be `silent` are set aside first, so that they do not count; those
    that are blocked have given back their samples already.
    """
    from align_tui.store import launch

    set_aside(db, silent)
    return launch.ensure_worker(db)


def set_aside(db: Database, silent: Sequence[WorkerRow]) -> None:
    """Let others take over what these workers hold, unless they are blocked."""
    from align_tui.store import hung_workers

    for worker in silent:
        if not worker.is_blocked:
            hung_workers.set_aside(db, worker)
