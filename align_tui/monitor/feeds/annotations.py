"""What was said of the run's decisions, as soon as anyone has said it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.run_annotations import Annotation

EVERY_S = 0.5  # while others write all the time


class RunAnnotations:
    """Read again when the database has changed, at most every half second."""

    def __init__(self) -> None:
        self.said: Mapping[
            int, Annotation
        ] = {}  # by sample; the same object while it says the same
        self._run = ""
        self._version: int | None = None
        self._at = -EVERY_S

    def expire(self) -> None:
        """This process just said something: do not wait."""
        self._version, self._at = None, -EVERY_S

    def read(self, db: Database, run: str, version: int) -> Mapping[int, Annotation]:
        """What is said now; `version` is the database's, from before this view of it."""
        from align_tui.store.inheritance import ancestors
        from align_tui.store.run_annotations import annotations_in

        now = time.monotonic()
        if run != self._run:
            self._run, self.said = run, {}
            self.expire()
        if version != self._version and now - self._at >= EVERY_S:
            found: dict[int, Annotation] = {}
            for each in (run, *ancestors(db, run)):  # what is inherited is shown too
                found.update(annotations_in(db, each))
            self._version, self._at = version, now
            self.said = self.said if found == self.said else found
        return self.said
