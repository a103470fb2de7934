"""Watching workers for signs of life: who answers, and who has been silent for a lease.

A worker holds its samples as long as its heartbeat, a number in its row, goes on. Whoever wants to
take them over has to watch that number stand still for a whole lease by a clock of its own. No
time of day is compared, so that a clock that is set, or that of another host, decides nothing.
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

LOOKS = 5  # a lease is watched in so many looks at least


@dataclass(frozen=True, slots=True)
class Seen:
    """The registered workers: those that answer, do not, and whose process is gone.

    Those that are `blocked` show signs of life and keep what they hold, but take nothing more.
    """

    answering: tuple[WorkerRow, ...] = ()
    silent: tuple[WorkerRow, ...] = ()
    gone: tuple[WorkerRow, ...] = ()
    blocked: tuple[WorkerRow, ...] = ()


class Watch:
    """Watches the heartbeats of all workers, look by look; reads the database and never writes."""

    def __init__(
        self, lease: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.lease_s = lease_s() if lease is None else lease
        self._silence = Stillness(self.lease_s / LOOKS, clock)

    @property
    def every_s(self) -> float:
        """How often somebody has to look who wants to take over what a silent worker holds."""
        return min(2.0, self.lease_s / LOOKS)

    def look(self, db: Database) -> Seen:
        """Who is there, and who has been silent for a lease, or was so to another watcher."""
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
        """For how long this watcher has seen no sign of life of it."""
        return self._silence.seconds(worker.id)
