"""What a run that is followed waits for, in words; said on standard error, a pipe too."""

from __future__ import annotations

import time
from collections.abc import Callable

from align_tui.cli.keeping import Keeper, stopped_words
from align_tui.core.text.display import one_line
from align_tui.store import queue
from align_tui.store.database import Database
from align_tui.store.runs import RunRow
from align_tui.store.workers import WorkerRow

FIRST_S = 3.0  # without a decision; whoever waits is to know why within five seconds
BETWEEN_S = 5.0  # two different reasons
MOST_S = 0.5  # of one turn of the loop
AGAIN_S = 60.0  # the same reason
QUIET_S = 4.0  # a worker that shows no sign of life for longer is worth a word


class Patience:
    """When to say what is waited for: not while something happens, and not again and again.

    A pause of this process itself (SIGSTOP, a closed laptop) is no waiting.
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
        """Has nothing happened for so long that the reason should be looked up?"""
        return self._waited >= FIRST_S

    def progressed(self) -> None:
        """Something happened."""
        self._waited = 0.0

    def asks(self) -> bool:
        """Is it time to look the reason up? Once a second; called again and again."""
        now = self._clock()
        self._waited += min(now - self._last, MOST_S)
        self._last = now
        if not self.is_over or now - self._asked < 1.0:
            return False
        self._asked = now
        return True

    def due(self, reason: str) -> bool:
        """Is this reason to be said now? If so, it counts as said."""
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
    """Why the run does not get on; raises StoreError."""
    if row.state != "active":
        return f"run {row.id} is {row.state}: align-tui run --resume {row.id} lets it go on"
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


def _held(worker: WorkerRow, count: int, keeper: Keeper) -> str:
    samples = f"{count} sample{'s' * (count != 1)}"
    quiet = keeper.watch.quiet_s(worker)
    if worker.is_silent or quiet >= min(QUIET_S, keeper.watch.lease_s / 2):
        return (
            f"waiting for {samples} of worker {worker.name}, which has not answered for"
            f" {quiet:.0f} s{stopped_words(worker)}"
        )
    doing = _doing(worker)
    return f"waiting for {samples} that worker {worker.name} decides{doing}"


def _doing(worker: WorkerRow) -> str:
    said = worker.error or worker.detail
    if not said:
        return ""
    share = f" {100 * worker.progress:.0f} %" if worker.progress is not None else ""
    return f": {one_line(said, 200)}{share}"


def _queued(db: Database, row: RunRow, keeper: Keeper) -> str:
    busy = [worker for worker in keeper.seen.answering if worker.active]
    quiet = [w for w in keeper.seen.answering if keeper.watch.quiet_s(w) >= QUIET_S]
    if not busy:
        worker = (quiet or keeper.seen.answering)[0]
        told = f", which has not answered for {keeper.watch.quiet_s(worker):.0f} s" if quiet else ""
        return f"waiting for worker {worker.name} to take samples{told}{_doing(worker)}"
    depth = queue.depth(db)
    others = f", and {depth.samples - row.pending} more wait" if depth.runs > 1 else ""
    samples = sum(worker.active for worker in busy)
    names = busy[0].name if len(busy) == 1 else f"{len(busy)} workers"
    which = f"worker {names} decides" if len(busy) == 1 else f"{names} decide"
    return f"waiting for its turn: {which} {samples} samples of other runs{others}{_doing(busy[0])}"
