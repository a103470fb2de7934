"""What other workers leave behind: the samples of those that are gone or no longer answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from align_tui.store import crash_notes, queue, suspects, workers
from align_tui.store.database import Database
from align_tui.store.hung_workers import set_aside
from align_tui.store.leases import Watch


class Neighbours:
    """Watches the other workers for one of them, and puts back what nobody holds any more."""

    def __init__(self, worker: str, lease: float, told: Callable[[str], None]) -> None:
        self._worker = worker
        self._watch = Watch(lease)
        self._told = told
        self._aside: set[str] = set()

    @property
    def every_s(self) -> float:
        """How often `take_back` is to be called."""
        return self._watch.every_s

    def take_back(self, db: Database) -> None:
        """Look at the others; raises StoreError.

        The own row is left out: a worker cannot tell of itself that it is gone.
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
        """Count the ends of workers against what they held; tell what they could still say."""
        endings = {worker: crash_notes.ending(worker) for worker in gone}
        ended = suspects.bury(db, endings)
        for worker, how in endings.items():
            if how is not None:
                self._told(f"worker {worker[:8]} ended: {how}")
            crash_notes.remove(worker)
        for said in ended.failed:
            self._told(said)

    def _set_aside(self, db: Database, worker: workers.WorkerRow) -> None:
        obstacle = set_aside(db, worker)
        if obstacle is None:
            return
        if not obstacle:
            self._aside.add(worker.id)
        lease, what = self._watch.lease_s, obstacle or "its samples go back to the queue"
        self._told(f"worker {worker.name} has not answered for {lease:.0f} s: {what}")
