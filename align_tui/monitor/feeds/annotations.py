"""Read the annotations of a run's decisions whenever they may have changed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.run_annotations import Annotation

EVERY_S = 0.5  # seconds between two reads while other processes write all the time


class RunAnnotations:
    """Annotations, read again when the database changed, at most every `EVERY_S` seconds."""

    def __init__(self) -> None:
        # By sample; the same object while nothing changes.
        self.current: Mapping[int, Annotation] = {}
        self._run = ""
        self._version: int | None = None
        self._at = -EVERY_S

    def expire(self) -> None:
        """Read again at the next call, since this process just annotated something."""
        self._version, self._at = None, -EVERY_S

    def read(self, db: Database, run: str, version: int) -> Mapping[int, Annotation]:
        """The annotations; `version` is the database's from before the transaction."""
        from align_tui.store.inheritance import ancestors
        from align_tui.store.run_annotations import annotations_in

        now = time.monotonic()
        if run != self._run:
            self._run, self.current = run, {}
            self.expire()
        if version != self._version and now - self._at >= EVERY_S:
            found: dict[int, Annotation] = {}
            for each in (run, *ancestors(db, run)):  # inherited decisions are shown too
                found.update(annotations_in(db, each))
            self._version, self._at = version, now
            self.current = self.current if found == self.current else found
        return self.current
