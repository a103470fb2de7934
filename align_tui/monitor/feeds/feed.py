"""The common part of the live and the replaying feed: its thread, its orders, its deliveries."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from align_tui.core.errors import AlignError
from align_tui.monitor.feeds.annotations import RunAnnotations
from align_tui.monitor.snapshot import Snapshot

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.store.database import Database

POLL_S = 0.05
MANY_S, ONE_S = 0.1, 0.05  # seconds between deliveries while several panes stream, or only one
SLOW_S = 0.4  # seconds between deliveries on a slow line


class Feed(ABC):
    """Reads the run database in a thread of its own and delivers snapshots.

    The thread calls `deliver`. The event loop queues orders for the thread and never waits.
    """

    def __init__(
        self, database: Path, study: Study, run: str | None, deliver: Callable[[Snapshot], None]
    ) -> None:
        self.study = study
        self.run = run
        self.scenario = 0
        self.repeat: int | None = None
        self.annotations = RunAnnotations()
        self._database = database
        self._deliver = deliver
        self._orders: deque[Callable[[], None]] = deque()
        self._wake = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._main, name="feed", daemon=True)
        self._last: Snapshot | None = None
        self._last_at = 0.0
        self.least_s = 0.0  # seconds between two deliveries, at least
        self.broke: Callable[[Exception], None] = self._raise

    @staticmethod
    def _raise(error: Exception) -> None:
        raise error

    def start(self) -> None:
        """Start to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; it delivers nothing more."""
        self._ended.set()
        self._wake.set()

    def join(self, timeout: float = 2.0) -> None:
        """Wait until the thread has closed the database."""
        if self._thread.is_alive():
            self._thread.join(timeout)

    def order(self, what: Callable[[], None]) -> None:
        """Have the feed's thread do something at once."""
        self._orders.append(what)
        self._wake.set()

    def annotated(self) -> None:
        """Read the annotations at once, since the user changed one."""
        self.order(self.annotations.expire)

    def show(self, scenario: int, repeat: int | None = None) -> None:
        """Deliver the panes of a scenario from now on."""

        def turn() -> None:
            self.scenario, self.repeat = scenario, repeat
            self.turned()

        self.order(turn)

    def opened(self, db: Database) -> None:  # noqa: B027 - most feeds need nothing
        """Prepare the feed after the thread opened the database, before any order."""

    @abstractmethod
    def turned(self) -> None:
        """Prepare to show another scenario."""

    @abstractmethod
    def tick(self, db: Database) -> Snapshot | None:
        """The next snapshot; None if nothing can have changed. Raises StoreError."""

    @abstractmethod
    def interval(self) -> float:
        """The shortest time between two deliveries, in seconds."""

    def _main(self) -> None:
        from align_tui.store.database import open_database

        db: Database | None = None
        while not self._ended.is_set():
            try:
                if db is None:
                    db = open_database(self._database)
                    self.opened(db)
                self._turn(db)
            except AlignError as error:
                # Show the error and try again: a lock may pass, a mount may come back.
                self._hand_over(Snapshot(run=self.run, scenario=self.scenario, error=error.message))
                self.turned()
                self._ended.wait(1.0)
            except Exception as error:
                self.broke(error)  # a fault of the program, which ends the application
                break
        if db is not None:
            db.close()

    def _turn(self, db: Database) -> None:
        self._wake.wait(POLL_S)
        self._wake.clear()
        ordered = bool(self._orders)
        while self._orders:
            self._orders.popleft()()
        if self._ended.is_set():
            return
        pause = max(self.least_s, self.interval())
        if not ordered and time.monotonic() - self._last_at < pause:
            return
        snapshot = self.tick(db)
        if snapshot is not None and (ordered or snapshot != self._last):
            self._hand_over(snapshot)

    def _hand_over(self, snapshot: Snapshot) -> None:
        if not self._ended.is_set():
            self._last, self._last_at = snapshot, time.monotonic()
            self._deliver(snapshot)
