"""Keep the findings of a live run up to date, without slowing the feed down."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from align_tui.monitor.findings import FindingsReader

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.core.findings.base import Finding
    from align_tui.store.database import Database

EVERY_S = 3.0  # between two looks, at least
SHARE = 20  # it waits so many times as long as a look took: a large run takes 5 % of the feed
FIRST_S = 0.3  # the first snapshots of a run come first


class RunFindings:
    """`found` are the findings of one run as they were at the last look."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._reader: FindingsReader | None = None
        self.found: tuple[Finding, ...] = ()
        self._run: str | None = None
        self._seq = -1
        self._next = 0.0

    def read(self, db: Database, run: str, seq: int, now: float) -> None:
        """Look again if the run has other results than at the last look, and it is time.

        `seq` is the number of its newest result, and `now` the monotonic time in seconds. Raises
        StoreError.
        """
        if run != self._run:
            self._run, self._seq, self.found = run, -1, ()
            self._next = now + FIRST_S
        if seq == self._seq or now < self._next:
            return
        if self._reader is None:
            self._reader = FindingsReader(self._study)
        begun = time.monotonic()
        self.found = self._reader.read(db, run)
        took = time.monotonic() - begun
        self._seq, self._next = seq, now + max(EVERY_S, SHARE * took)
