"""One thread with one connection that writes to the store, so that a key never waits for it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from align_tui.core.errors import AlignError

if TYPE_CHECKING:
    from align_tui.monitor.rows import Database, WorkerRow

T = TypeVar("T")
Post = Callable[[Callable[[], None]], bool]
"""Has something done in the event loop; False where the screen takes no messages any more."""
GRACE_S = 3.0  # a worker that ends within it did not start


def fail_in_loop(post: Post, error: BaseException) -> None:
    """Bring an error of a thread to where the application deals with errors.

    Of one that comes while the screen goes the traceback is kept, and nothing is said.
    """

    def again() -> None:
        if isinstance(error, Exception):
            raise error
        raise RuntimeError(f"a job raised {type(error).__name__}") from error

    if not post(again):
        from align_tui.tui.failure import Failure

        Failure.of(error).log()


class StoreThread:
    """Does jobs with the store, one after the other.

    `post` brings what follows a job back to the event loop.
    """

    def __init__(self, database: Path, post: Post, failed: Callable[[str, str], None]) -> None:
        self._path = database
        self._post = post
        self._failed = failed
        self._db: Database | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="desk")
        self._worker: subprocess.Popen[bytes] | None = None
        self._hung: list[subprocess.Popen[bytes]] = []  # kept, so that their end is noticed
        self._closed = False

    def do(self, job: Callable[[Database], T], then: Callable[[T], None]) -> None:
        """Have `job` done in the desk's thread and `then` called with what it returned.

        Keys that were pressed before their screen went may come after it: they do nothing.
        """
        if not self._closed:
            self._pool.submit(self._try, job, then)

    def _try(self, job: Callable[[Database], T], then: Callable[[T], None]) -> None:
        try:
            value = job(self._open())
        except AlignError as error:
            message, hint = error.message, error.hint
            self._post(lambda: self._failed(message, hint))
            return
        except BaseException as error:
            fail_in_loop(self._post, error)
            return
        self._post(lambda: then(value))

    def _open(self) -> Database:
        from align_tui.store.database import open_database

        if self._db is None:
            self._db = open_database(self._path)
        self._db.check_there()
        return self._db

    def ensure_worker(
        self, started: Callable[[bool], None], silent: Sequence[WorkerRow] = ()
    ) -> None:
        """Start a worker unless one answers; one that ends at once is reported with its log.

        Those that are known to be `silent` (or blocked) are no reason not to, and set aside first.
        """

        def job(db: Database) -> subprocess.Popen[bytes] | None:
            from align_tui.services import workers

            workers.set_aside(db, silent)
            ours = self._worker
            if ours is not None and ours.poll() is None:
                if ours.pid not in {worker.pid for worker in silent}:
                    return None  # ours is still getting ready
                self._hung.append(ours)
            return workers.ensure_worker(db)

        def then(process: subprocess.Popen[bytes] | None) -> None:
            if process is not None:
                self._worker = process
            started(process is not None)

        self.do(job, then)

    def worker_ended(self) -> int | None:
        """How the worker that this screen started ended, once; None while it runs."""
        if self._worker is None:
            return None
        code = self._worker.poll()
        if code is not None:
            self._worker = None
        return code

    def close(self) -> None:
        """Let what was begun end, and close the connection."""

        def end() -> None:
            if self._db is not None:
                self._db.close()

        self._closed = True
        self._pool.submit(end)
        self._pool.shutdown(wait=True)
