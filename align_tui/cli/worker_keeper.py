"""Keep a worker running for as long as a command follows a run."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from align_tui.cli.failure_checks import RESTARTS, TroubleReports, WorkerEnds, check_file
from align_tui.core.errors import StoreError
from align_tui.core.stillness import Stillness
from align_tui.core.text.display import one_line
from align_tui.output.tables import waiting
from align_tui.store import processes, workers
from align_tui.store.database import Database
from align_tui.store.hung_workers import set_aside
from align_tui.store.launch import ensure_worker, log_tail
from align_tui.store.leases import Seen, Watch
from align_tui.store.workers import WorkerRow

WATCH_S = 1.0
POLL_S = 0.05
HUNG = 8  # leases without a sign of life before the keeper kills a worker that it started


class Keeper:
    """Watches the workers, starts one if none answers, and passes sentences on them to `report`."""

    def __init__(
        self,
        db: Database,
        report: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.db = db
        self.watch = Watch(clock=clock)
        self._starting = Stillness(self.watch.every_s, clock)  # how long ago `process` started
        self.seen = Seen()
        self.process: subprocess.Popen[bytes] | None = None
        self._report = report
        self._ends = WorkerEnds(db)
        self._troubles = TroubleReports(report)
        self._hung: list[subprocess.Popen[bytes]] = []  # kept to notice when they end
        self._silent: set[str] = set()  # reported as silent
        self._aside: set[str] = set()  # others may take over their samples
        self._obstacle = ""
        self._blocked: set[str] = set()
        self._starts = 0
        self._started_at = 0.0
        self._next = 0.0

    def progressed(self) -> None:
        """Forget failed starts: samples have ended, so the worker does its work."""
        self._starts = 0

    def look(self) -> Seen:
        """Look at the workers, and start one if none answers. Raises StoreError."""
        if time.monotonic() < self._next:
            return self.seen
        self._next = time.monotonic() + min(WATCH_S, self.watch.every_s)
        check_file(self.db)
        self.seen = self.watch.look(self.db)
        self._starting.look({str(self.process.pid): 0} if self.process is not None else {})
        self._report_silent()
        self._troubles.look(self.seen.answering)
        self._check_own_process()
        self._end_the_hung()
        if self.process is None and not any(not worker.stop for worker in self.seen.answering):
            self._start()
        return self.seen

    def _report_silent(self) -> None:
        lease = self.watch.lease_s
        for worker in self.seen.silent:
            if worker.id in self._aside:
                continue
            remedy = stopped_words(worker)
            obstacle = self._set_aside(worker)
            if obstacle is None:
                continue
            if worker.id not in self._silent or obstacle != self._obstacle:
                why = f"; {obstacle}" if obstacle else remedy
                self._report(f"worker {worker.name} has not answered for {lease:.0f} s{why}")
            self._silent.add(worker.id)
            self._obstacle = obstacle
            if not obstacle:
                self._aside.add(worker.id)
        for worker in self.seen.blocked:
            if worker.id not in self._blocked:
                self._report(f"worker {worker.name}: {one_line(worker.error or 'blocked', 400)}")
        self._blocked = {worker.id for worker in self.seen.blocked}
        for worker in self.seen.answering:
            if worker.id in self._silent:
                self._silent.discard(worker.id)
                self._aside.discard(worker.id)
                self._report(f"worker {worker.name} answers again")

    def _set_aside(self, worker: WorkerRow) -> str | None:
        try:
            return set_aside(self.db, worker)
        except StoreError as error:
            return error.message  # such as a full disk: the next look tries again

    def _check_own_process(self) -> None:
        """Give the process up that this keeper started, if it has ended or hangs."""
        process = self.process
        if process is None:
            return
        if process.poll() is not None:
            self.process = None
            # A silent worker that lives but cannot write (full disk) keeps others from starting.
            if self._ends.ended(process, may_give_up=not self.seen.silent):
                self._starts = 0
            elif self._starts > RESTARTS:
                line = one_line(log_tail(1), 200)
                self._report(f"a new worker does not start (status {process.returncode}): {line}")
            return
        known = {worker.pid for worker in self.seen.answering}
        silent = {worker.pid for worker in (*self.seen.silent, *self.seen.blocked)}
        late = self._starting.seconds(str(process.pid)) > 2 * self.watch.lease_s
        if process.pid in silent or (late and process.pid not in known):
            if process.pid not in silent:
                self._report(f"the new worker (process {process.pid}) does not begin to work")
            self._hung.append(process)
            self.process = None

    def close(self) -> None:
        """Kill the hung workers that this keeper started: after the run nobody watches them."""
        self._end_the_hung(leases=1)

    def _end_the_hung(self, leases: int = HUNG) -> None:
        """Kill own workers without a sign of life for `leases` leases, except stopped ones."""
        limit = leases * self.watch.lease_s
        lost = {w.pid: w for w in self.seen.silent if self.watch.quiet_s(w) >= limit}
        for process in self._hung:
            worker = lost.get(process.pid)
            if worker is None or process.poll() is not None or processes.is_stopped(process.pid):
                continue
            process.kill()
            self._report(f"killed worker {worker.name}: no sign of life for {limit:.0f} s")

    def _start(self) -> None:
        since = time.monotonic() - self._started_at
        if self._starts > RESTARTS and since < self.watch.lease_s:
            return  # too many starts failed: wait before the next one
        self.process = ensure_worker(self.db)
        if self.process is not None:
            self._starts += 1
            self._started_at = time.monotonic()
            if self.seen.silent or self.seen.blocked:
                self._report(f"started another worker (process {self.process.pid})")


def wait_for_worker(db: Database, report: Callable[[str], None]) -> None:
    """Make sure that a worker answers or starts, before this command leaves a run to it."""
    keeper = Keeper(db, report)
    before = {worker.id: worker.heartbeat for worker in keeper.look().answering}
    until = time.monotonic() + 2 * keeper.watch.lease_s
    with waiting("waiting for a sign of life from the worker"):
        while keeper.process is None and time.monotonic() < until:
            if any(w.heartbeat != before.get(w.id) for w in workers.answering(db)):
                return
            time.sleep(POLL_S)
            keeper.look()


def stopped_words(worker: WorkerRow) -> str:
    """How to continue a worker whose process is stopped; empty for other workers."""
    if not workers.is_here(worker) or not processes.is_stopped(worker.pid):
        return ""
    return f": its process is stopped (kill -CONT {worker.pid} continues it)"
