"""Live text on its way from the model's thread to the database, at most 20 times a second."""

from __future__ import annotations

import contextlib
import threading
import time

from align_tui.core.errors import ValueRefused
from align_tui.store import live
from align_tui.store.database import Database


class LiveText:
    """Collects what models write; `flush` puts it into the database in one transaction."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[tuple[int, int], live.Piece] = {}

    def tell(self, sample: int, since: float, stream: int, text: str) -> None:
        """Text of a sample that began at monotonic time `since`; from any thread."""
        now = time.monotonic() - since
        key = (sample, stream)
        with self._lock:
            old = self._pending.get(key)
            whole = old.text + text if old is not None else text
            self._pending[key] = live.Piece(sample, stream, round(now, 3), whole)

    def forget(self, sample: int) -> None:
        """Drop what is pending of a sample that has ended."""
        with self._lock:
            self._pending = {k: p for k, p in self._pending.items() if k[0] != sample}

    def flush(self, db: Database, worker: str) -> None:
        """Write everything that is pending."""
        with self._lock:
            pieces, self._pending = list(self._pending.values()), {}
        if not pieces:
            return
        try:
            live.append(db, worker, pieces)
        except (ValueRefused, ValueError):  # one that no database takes: the others are shown
            for piece in pieces:
                with contextlib.suppress(ValueRefused, ValueError):
                    live.append(db, worker, [piece])
