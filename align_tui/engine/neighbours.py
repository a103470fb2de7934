"""Take back the samples of other workers that are gone or do not answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from align_tui.store import crash_notes, queue, suspects, workers
from align_tui.store.database import Database
from align_tui.store.hung_workers import set_aside
from align_tui.store.leases import Watch


class Neighbours:
    """Watches the other workers for one worker, and puts back samples that no worker holds."""

    def __init__(self, worker: str, lease: float, report: Callable[[str], None]) -> None:
        self._worker = worker
        self._watch = Watch(lease)
        self._report = report
        self._aside: set[str] = set()

    @property
    def every_s(self) -> float:
        """Seconds between two calls of `take_back`."""
        return self._watch.every_s

    def take_back(self, db: Database) -> None:
        """Look at the other workers and put back samples of lost ones. Raises StoreError.

        The worker's own row is left out, since it cannot be gone.
        """
        seen = self._watch.look(db)
        for worker in seen.silent:
            if worker.id != self._worker and worker.id not in self._aside:
                self._set_aside(db, worker)
        self._aside &= {worker.id for worker in seen.silent}
        gone = [worker.id for worker in seen.gone if worker.id != self._worker]
        self._bury(db, gone)
        queue.reclaim(db, gone, but=self._worker)
        if gone:
            workers.forget(db, gone)

    def _bury(self, db: Database, gone: Sequence[str]) -> None:
        """Count the ends of workers for the samples that they held, and report how they ended."""
        endings = {worker: crash_notes.ending(worker) for worker in gone}
        ended = suspects.bury(db, endings)
        for worker, how in endings.items():
            if how is not None:
                self._report(f"worker {worker[:8]} ended: {how}")
            crash_notes.remove(worker)
        for message in ended.failed:
            self._report(message)

    def _set_aside(self, db: Database, worker: workers.WorkerRow) -> None:
        obstacle = set_aside(db, worker)
        if obstacle is None:
            return
        if not obstacle:
            self._aside.add(worker.id)
        lease, what = self._watch.lease_s, obstacle or "its samples go back to the queue"
        self._report(f"worker {worker.name} has not answered for {lease:.0f} s: {what}")
