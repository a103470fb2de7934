"""Start workers, and set silent ones aside."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.workers import WorkerRow


def ensure_worker(db: Database, silent: Sequence[WorkerRow] = ()) -> subprocess.Popen[bytes] | None:
    """Start a worker unless one answers; returns its process, or None. Raises StoreError.

    First it sets the `silent` workers aside, so that they do not count as answering. Blocked ones
    have put back their samples already.
    """
    from align_tui.store import launch

    set_aside(db, silent)
    return launch.ensure_worker(db)


def set_aside(db: Database, silent: Sequence[WorkerRow]) -> None:
    """Let others take over the samples of these workers, unless they are blocked."""
    from align_tui.store import hung_workers

    for worker in silent:
        if not worker.is_blocked:
            hung_workers.set_aside(db, worker)
