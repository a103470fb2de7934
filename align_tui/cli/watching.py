"""What can go wrong with the database and its workers while a run is followed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence

from align_tui.core.errors import Gone, StoreError
from align_tui.core.text.display import one_line
from align_tui.store import repair, salvage, suspects, workers
from align_tui.store.database import Database
from align_tui.store.launch import in_words, log_tail, note_end
from align_tui.store.workers import WorkerRow

RESTARTS = 5  # of workers that end before anything has come of them
GRACE_S = 8.0  # for workers to write what they have decided into a file that lost its name
POLL_S = 0.1


def check_file(db: Database) -> None:
    """Raise Gone when the database was deleted or replaced, once what it held is saved."""
    try:
        db.check_there()
    except Gone as error:
        until = time.monotonic() + GRACE_S
        # Workers notice it too, and save more than this process knows of.
        while time.monotonic() < until and any(workers.is_alive(w) for w in _known(db)):
            time.sleep(POLL_S)
        if not salvage.saved_as(db).exists():
            salvage.save(db)
        raise salvage.told(db, error) from error


def _known(db: Database) -> Sequence[WorkerRow]:
    try:
        return workers.list_workers(db)
    except StoreError:
        return ()


class Ends:
    """Counts workers that ended with an error, and gives up when nothing comes of new ones."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._count = 0
        self._seen: tuple[int, ...] = ()

    def ended(self, process: subprocess.Popen[bytes], *, may_give_up: bool = True) -> bool:
        """A worker of ours has ended: has anything come of it? A sample that it is blamed for, say.

        Raises StoreError when another would end as well.
        """
        note_end(self._db, process)
        if not process.returncode:
            return True
        repair.check_whole(self._db)
        # Of one sample that ends its worker something comes each time: it is counted, and fails.
        seen = suspects.progress(self._db)
        has_come, self._seen = seen != self._seen, seen
        self._count = 1 if has_come else self._count + 1
        if self._count > RESTARTS and may_give_up:
            raise StoreError(
                f"The worker ended {self._count} times. {in_words(process.returncode)}",
                "Its last words:\n" + log_tail(),
            )
        return has_come


class Troubles:
    """Tells each trouble of the workers once, as soon as it is known."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._told: set[str] = set()

    def look(self, living: Sequence[WorkerRow]) -> None:
        """Tell what is new among the troubles of these workers; what is over may come again."""
        now = {one_line(worker.error, 400) for worker in living if worker.error}
        for said in sorted(now - self._told):
            self._tell(f"align-tui: {said}")
        self._told = now
