"""Seeing to it that a worker decides, for as long as a run is followed on the command line."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from align_tui.cli.watching import RESTARTS, Ends, Troubles, check_file
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
HUNG = 8  # leases without a sign of life, after which a process of ours is ended


class Keeper:
    """Watches the workers, starts one where none answers, and says so; `told` hears it."""

    def __init__(
        self,
        db: Database,
        told: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.db = db
        self.watch = Watch(clock=clock)
        self._starting = Stillness(self.watch.every_s, clock)  # since when ours was started
        self.seen = Seen()
        self.process: subprocess.Popen[bytes] | None = None
        self._told = told
        self._ends = Ends(db)
        self._troubles = Troubles(told)
        self._hung: list[subprocess.Popen[bytes]] = []  # kept, so that their end is noticed
        self._silent: set[str] = set()  # was told
        self._aside: set[str] = set()  # others may take over what it holds
        self._obstacle = ""
        self._blocked: set[str] = set()
        self._starts = 0
        self._started_at = 0.0
        self._next = 0.0

    def progressed(self) -> None:
        """Samples have ended: whoever was started does what it is there for."""
        self._starts = 0

    def look(self) -> Seen:
        """The workers as they are; starts one when none answers. Raises StoreError."""
        if time.monotonic() < self._next:
            return self.seen
        self._next = time.monotonic() + min(WATCH_S, self.watch.every_s)
        check_file(self.db)
        self.seen = self.watch.look(self.db)
        self._starting.look({str(self.process.pid): 0} if self.process is not None else {})
        self._say_who_is_silent()
        self._troubles.look(self.seen.answering)
        self._look_at_ours()
        self._end_the_hung()
        if self.process is None and not any(not worker.stop for worker in self.seen.answering):
            self._start()
        return self.seen

    def _say_who_is_silent(self) -> None:
        lease = self.watch.lease_s
        for worker in self.seen.silent:
            if worker.id in self._aside:
                continue
            what_helps = stopped_words(worker)
            obstacle = self._set_aside(worker)
            if obstacle is None:
                continue
            if worker.id not in self._silent or obstacle != self._obstacle:
                why = f"; {obstacle}" if obstacle else what_helps
                self._told(f"worker {worker.name} has not answered for {lease:.0f} s{why}")
            self._silent.add(worker.id)
            self._obstacle = obstacle
            if not obstacle:
                self._aside.add(worker.id)
        for worker in self.seen.blocked:
            if worker.id not in self._blocked:
                self._told(f"worker {worker.name}: {one_line(worker.error or 'blocked', 400)}")
        self._blocked = {worker.id for worker in self.seen.blocked}
        for worker in self.seen.answering:
            if worker.id in self._silent:
                self._silent.discard(worker.id)
                self._aside.discard(worker.id)
                self._told(f"worker {worker.name} answers again")

    def _set_aside(self, worker: WorkerRow) -> str | None:
        try:
            return set_aside(self.db, worker)
        except StoreError as error:
            return error.message  # a full disk, say, which may recover: at the next look

    def _look_at_ours(self) -> None:
        """Let go of the process that was started here where it has ended, or hangs."""
        process = self.process
        if process is None:
            return
        if process.poll() is not None:
            self.process = None
            # One that lives but cannot write, on a full disk, keeps all others from starting.
            if self._ends.ended(process, may_give_up=not self.seen.silent):
                self._starts = 0
            elif self._starts > RESTARTS:
                said = one_line(log_tail(1), 200)
                self._told(f"no other worker can be started (status {process.returncode}): {said}")
            return
        known = {worker.pid for worker in self.seen.answering}
        silent = {worker.pid for worker in (*self.seen.silent, *self.seen.blocked)}
        late = self._starting.seconds(str(process.pid)) > 2 * self.watch.lease_s
        if process.pid in silent or (late and process.pid not in known):
            if process.pid not in silent:
                self._told(f"the worker that was started (process {process.pid}) does not begin")
            self._hung.append(process)
            self.process = None

    def close(self) -> None:
        """The run is over: what hangs of ours would run for ever, and nobody would look."""
        self._end_the_hung(leases=1)

    def _end_the_hung(self, leases: int = HUNG) -> None:
        """End processes of ours that run and show no sign of life for so long."""
        limit = leases * self.watch.lease_s
        lost = {w.pid: w for w in self.seen.silent if self.watch.quiet_s(w) >= limit}
        for process in self._hung:
            worker = lost.get(process.pid)
            if worker is None or process.poll() is not None or processes.is_stopped(process.pid):
                continue
            process.kill()
            self._told(f"worker {worker.name} was ended: no sign of life for {limit:.0f} s")

    def _start(self) -> None:
        since = time.monotonic() - self._started_at
        if self._starts > RESTARTS and since < self.watch.lease_s:
            return  # it does not help: the next one a while later
        self.process = ensure_worker(self.db)
        if self.process is not None:
            self._starts += 1
            self._started_at = time.monotonic()
            if self.seen.silent or self.seen.blocked:
                self._told(f"another worker is started (process {self.process.pid})")


def entrust(db: Database, told: Callable[[str], None]) -> None:
    """See to it, before nobody looks any more, that a worker answers or is started."""
    keeper = Keeper(db, told)
    before = {worker.id: worker.heartbeat for worker in keeper.look().answering}
    until = time.monotonic() + 2 * keeper.watch.lease_s
    with waiting("waiting for a sign of life of the worker"):
        while keeper.process is None and time.monotonic() < until:
            if any(w.heartbeat != before.get(w.id) for w in workers.answering(db)):
                return
            time.sleep(POLL_S)
            keeper.look()


def stopped_words(worker: WorkerRow) -> str:
    """What can be done about a worker whose process was stopped; empty for others."""
    if not workers.is_here(worker) or not processes.is_stopped(worker.pid):
        return ""
    return f": its process is stopped (kill -CONT {worker.pid} lets it go on)"
