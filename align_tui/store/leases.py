"""Watch the workers' heartbeats: which workers answer, and which were silent for a lease.

A worker holds its samples as long as its heartbeat, a number in its row, goes on. Another process
may take them over after it has watched that number stand still for a whole lease by its own clock.
Nothing compares times of day, so a clock that somebody sets, or another host's, has no effect.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from align_tui.core.stillness import Stillness
from align_tui.store import workers
from align_tui.store.database import Database
from align_tui.store.lease_length import lease_s
from align_tui.store.workers import WorkerRow

LOOKS = 5  # a watcher looks at least this often in one lease


@dataclass(frozen=True, slots=True)
class Seen:
    """The registered workers, sorted by what one look found.

    `answering` workers take samples, `silent` ones showed no sign of life for a lease, the process
    of `gone` ones has ended. `blocked` ones keep the samples that they hold but claim no others.
    """

    answering: tuple[WorkerRow, ...] = ()
    silent: tuple[WorkerRow, ...] = ()
    gone: tuple[WorkerRow, ...] = ()
    blocked: tuple[WorkerRow, ...] = ()


class Watch:
    """Watches the heartbeats of all workers, look by look. It reads the database, never writes."""

    def __init__(
        self, lease: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.lease_s = lease_s() if lease is None else lease
        self._silence = Stillness(self.lease_s / LOOKS, clock)

    @property
    def every_s(self) -> float:
        """Seconds between two looks, for a process that takes over a silent worker's samples."""
        return min(2.0, self.lease_s / LOOKS)

    def look(self, db: Database) -> Seen:
        """Sort the workers; a silent one was so to this watcher or another. Raises StoreError."""
        known = workers.list_workers(db)
        self._silence.look({worker.id: worker.heartbeat for worker in known})
        gone = tuple(worker for worker in known if workers.is_gone(worker))
        rest = [worker for worker in known if worker not in gone]
        silent = tuple(
            replace(worker, silent=worker.heartbeat) for worker in rest if self._is_silent(worker)
        )
        there = [worker for worker in rest if not self._is_silent(worker)]
        answering = tuple(worker for worker in there if not worker.is_blocked)
        return Seen(answering, silent, gone, tuple(w for w in there if w.is_blocked))

    def _is_silent(self, worker: WorkerRow) -> bool:
        return worker.is_silent or self.quiet_s(worker) >= self.lease_s

    def quiet_s(self, worker: WorkerRow) -> float:
        """Seconds since this watcher last saw a sign of life of the worker."""
        return self._silence.seconds(worker.id)
