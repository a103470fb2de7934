"""Checks for a lost database and failed workers while a command follows a run."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence

from align_tui.core.errors import Gone, StoreError
from align_tui.core.text.display import one_line
from align_tui.core.text.plurals import counted
from align_tui.store import repair, salvage, suspects, workers
from align_tui.store.database import Database
from align_tui.store.launch import in_words, log_tail, note_end
from align_tui.store.workers import WorkerRow

RESTARTS = 5  # restarts of workers that end before they decide anything
GRACE_S = 8.0  # time for workers to save their decisions after the file was deleted
POLL_S = 0.1


def check_file(db: Database) -> None:
    """Raise Gone if the database was deleted or replaced, after its content is saved."""
    try:
        db.check_there()
    except Gone as error:
        until = time.monotonic() + GRACE_S
        # Workers notice it too, and they save decisions that this process does not know.
        while time.monotonic() < until and any(workers.is_alive(w) for w in _known(db)):
            time.sleep(POLL_S)
        if not salvage.saved_as(db).exists():
            salvage.save(db)
        raise salvage.with_saved_file(db, error) from error


def _known(db: Database) -> Sequence[WorkerRow]:
    try:
        return workers.list_workers(db)
    except StoreError:
        return ()


class WorkerEnds:
    """Counts workers that end with an error, and gives up if new ones make no progress."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._count = 0
        self._seen: tuple[int, ...] = ()

    def ended(self, process: subprocess.Popen[bytes], *, may_give_up: bool = True) -> bool:
        """Record that a worker of this process ended; did it make progress?

        It counts as progress that the store blames the end on a sample. Raises StoreError after too
        many ends without progress, if `may_give_up`.
        """
        note_end(self._db, process)
        if not process.returncode:
            return True
        repair.check_whole(self._db)
        # A sample that ends its workers is progress each time: the store counts, and it fails.
        seen = suspects.progress(self._db)
        has_come, self._seen = seen != self._seen, seen
        self._count = 1 if has_come else self._count + 1
        if self._count > RESTARTS and may_give_up:
            raise StoreError(
                f"The worker ended {counted(self._count, 'time')}. {in_words(process.returncode)}",
                "The end of its log:\n" + log_tail(),
            )
        return has_come


class TroubleReports:
    """Reports each trouble of the workers once, as soon as it is known."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._reported: set[str] = set()

    def look(self, living: Sequence[WorkerRow]) -> None:
        """Report the new troubles of these workers; one that is over may be reported again."""
        now = {one_line(worker.error, 400) for worker in living if worker.error}
        for trouble in sorted(now - self._reported):
            self._report(f"align-tui: {trouble}")
        self._reported = now
