"""Sentences on what a run waits for, and when `align-tui run` prints them on stderr."""

from __future__ import annotations

import time
from collections.abc import Callable

from align_tui.cli.worker_keeper import Keeper, stopped_words
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.store import queue
from align_tui.store.database import Database
from align_tui.store.runs import RunRow
from align_tui.store.workers import WorkerRow

FIRST_S = 3.0  # from the last decision to the first sentence; users know why within 5 s
BETWEEN_S = 5.0  # between two different sentences
MOST_S = 0.5  # the longest that one turn of the loop counts as waiting
AGAIN_S = 60.0  # between two equal sentences
QUIET_S = 4.0  # a sentence says so if a worker shows no sign of life for longer


class Patience:
    """Decides when to print what a run waits for: only without progress, and not too often.

    A pause of this process (SIGSTOP, a closed laptop) does not count as waiting.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()
        self._waited = 0.0
        self._asked = 0.0
        self._said = ""
        self._said_at = 0.0

    @property
    def is_over(self) -> bool:
        """Is the last progress so long ago that the reason should be looked up?"""
        return self._waited >= FIRST_S

    def progressed(self) -> None:
        """Start to wait anew: the run made progress."""
        self._waited = 0.0

    def asks(self) -> bool:
        """Is it time to look the reason up? True at most once a second."""
        now = self._clock()
        self._waited += min(now - self._last, MOST_S)
        self._last = now
        if not self.is_over or now - self._asked < 1.0:
            return False
        self._asked = now
        return True

    def due(self, reason: str) -> bool:
        """Should this reason be printed now? If True, it counts as printed."""
        now = self._clock()
        same = _without_numbers(reason) == _without_numbers(self._said)
        pause = AGAIN_S if same else BETWEEN_S
        if self._said and now - self._said_at < pause:
            return False
        self._said, self._said_at = reason, now
        return True


def _without_numbers(text: str) -> str:
    return "".join(letter for letter in text if not letter.isdigit())


def reason(db: Database, row: RunRow, keeper: Keeper) -> str:
    """A sentence on why the run makes no progress. Raises StoreError."""
    if row.state != "active":
        return f"run {row.id} is {row.state}; to continue it: align-tui run --resume {row.id}"
    seen = keeper.seen
    by_id = {worker.id: worker for worker in (*seen.answering, *seen.silent, *seen.blocked)}
    for holder, count in queue.holders(db, row.id):
        worker = by_id.get(holder)
        if worker is not None:
            return _held(worker, count, keeper)
    if not keeper.seen.answering:
        if keeper.process is not None:
            return f"waiting for a worker to start (process {keeper.process.pid})"
        silent = "".join(f"; worker {worker.name} does not answer" for worker in keeper.seen.silent)
        return f"waiting for a worker{silent}"
    return _queued(db, row, keeper)


def turn_words(db: Database, run: str) -> str:
    """Which samples a worker decides before the first of this run; empty if it begins at once."""
    samples, others = queue.before(db, run)
    if not samples:
        return ""
    which = f"{counted(samples, 'sample')} of {counted(others, 'other run')}"
    return f"waiting for its turn, after {which}"


def _held(worker: WorkerRow, count: int, keeper: Keeper) -> str:
    samples = counted(count, "sample")
    quiet = keeper.watch.quiet_s(worker)
    if worker.is_silent or quiet >= min(QUIET_S, keeper.watch.lease_s / 2):
        return (
            f"waiting for {samples} of worker {worker.name}, which has not answered for"
            f" {quiet:.0f} s{stopped_words(worker)}"
        )
    inside = ""
    if worker.waiting:
        writing = max(0, worker.active - worker.waiting)
        at_work = f"{writing} writing, " if writing else ""
        inside = f" ({at_work}{worker.waiting} queued in it)"
    return f"waiting for {samples} that worker {worker.name} decides{inside}{_activity(worker)}"


def _activity(worker: WorkerRow) -> str:
    text = worker.error or worker.detail
    if not text:
        return ""
    share = f" {100 * worker.progress:.0f} %" if worker.progress is not None else ""
    return f": {one_line(text, 200)}{share}"


def _queued(db: Database, row: RunRow, keeper: Keeper) -> str:
    busy = [worker for worker in keeper.seen.answering if worker.active]
    quiet = [w for w in keeper.seen.answering if keeper.watch.quiet_s(w) >= QUIET_S]
    if not busy:
        worker = (quiet or keeper.seen.answering)[0]
        silence = ""
        if quiet:
            silence = f", which has not answered for {keeper.watch.quiet_s(worker):.0f} s"
        return f"waiting for worker {worker.name} to claim samples{silence}{_activity(worker)}"
    depth = queue.depth(db)
    others = f", and {depth.samples - row.pending} more wait" if depth.runs > 1 else ""
    samples = counted(sum(worker.active for worker in busy), "sample")
    number = counted(len(busy), "worker")
    which = f"worker {busy[0].name} decides" if len(busy) == 1 else f"{number} decide"
    return f"waiting for its turn: {which} {samples} of other runs{others}{_activity(busy[0])}"
