"""A thread with one connection to the store, so that no key waits for the database."""

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
"""Calls a function in the event loop; False if the screen no longer takes messages."""
Hold = Callable[[], Callable[[], None]]
"""Holds further keys until the function that it returns is called."""
GRACE_S = 3.0  # a worker that ends within this time did not start


def fail_in_loop(post: Post, error: BaseException) -> None:
    """Raise an error of a thread in the event loop, where the application handles errors.

    If the screen is already closing, only the log gets the traceback.
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

    `post` calls what follows a job in the event loop. `failed` gets the message and the hint of an
    AlignError there.
    """

    def __init__(self, database: Path, post: Post, failed: Callable[[str, str], None]) -> None:
        self._path = database
        self._post = post
        self._failed = failed
        self._db: Database | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="store")
        self._worker: subprocess.Popen[bytes] | None = None
        self._hung: list[subprocess.Popen[bytes]] = []  # kept, so that we notice when they end
        self._closed = False
        self.hold: Hold = lambda: lambda: None

    def do(
        self, job: Callable[[Database], T], then: Callable[[T], None], *, holds: bool = False
    ) -> None:
        """Call `job` in the store's thread, and `then` in the event loop with its result.

        With `holds` further keys wait until `then` has returned: it opens what they are meant for.
        After `close` this does nothing: a key may still arrive after its screen has closed.
        """
        if not self._closed:
            self._pool.submit(self._try, job, then, self.hold() if holds else None)

    def _try(
        self,
        job: Callable[[Database], T],
        then: Callable[[T], None],
        release: Callable[[], None] | None,
    ) -> None:
        try:
            value = job(self._open())
        except AlignError as error:
            message, hint = error.message, error.hint
            self._answer(lambda: self._failed(message, hint), release)
        except BaseException as error:
            fail_in_loop(self._post, error)
        else:
            self._answer(lambda: then(value), release)

    def _answer(self, what: Callable[[], None], release: Callable[[], None] | None) -> None:
        """Call `what` in the event loop, and then release the keys that were held for it."""
        if release is None:
            self._post(what)
            return

        def both() -> None:
            try:
                what()
            finally:
                release()

        if not self._post(both):
            release()

    def _open(self) -> Database:
        from align_tui.store.database import open_database

        if self._db is None:
            self._db = open_database(self._path)
        self._db.check_there()
        return self._db

    def ensure_worker(
        self, started: Callable[[bool], None], silent: Sequence[WorkerRow] = ()
    ) -> None:
        """Start a worker unless one answers; a worker that ends at once is reported with its log.

        Workers known to be `silent` (or blocked) do not count: they are set aside first.
        """

        def job(db: Database) -> subprocess.Popen[bytes] | None:
            from align_tui.services import workers

            workers.set_aside(db, silent)
            ours = self._worker
            if ours is not None and ours.poll() is None:
                if ours.pid not in {worker.pid for worker in silent}:
                    return None  # our worker is still starting
                self._hung.append(ours)
            return workers.ensure_worker(db)

        def then(process: subprocess.Popen[bytes] | None) -> None:
            if process is not None:
                self._worker = process
            started(process is not None)

        self.do(job, then)

    def worker_ended(self) -> int | None:
        """The exit status of the worker that this screen started, returned once; else None."""
        if self._worker is None:
            return None
        code = self._worker.poll()
        if code is not None:
            self._worker = None
        return code

    def close(self) -> None:
        """Finish the jobs that were begun, and close the connection."""

        def end() -> None:
            if self._db is not None:
                self._db.close()

        self._closed = True
        self._pool.submit(end)
        self._pool.shutdown(wait=True)
