"""Collect live text from the models' threads for the database, at most 20 times a second."""

from __future__ import annotations

import contextlib
import threading
import time

from align_tui.core.errors import ValueRefused
from align_tui.store import live
from align_tui.store.database import Database


class LiveText:
    """Collects what models write; `flush` stores it in one transaction."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: dict[tuple[int, int, int], live.Piece] = {}

    def tell(self, key: tuple[int, int], since: float, stream: int, text: str) -> None:
        """Add text of a (sample, attempt) that began at monotonic `since`; from any thread."""
        now = time.monotonic() - since
        sample, attempt = key
        with self._lock:
            old = self._pending.get((*key, stream))
            whole = old.text + text if old is not None else text
            piece = live.Piece(sample, stream, round(now, 3), whole, attempt)
            self._pending[(*key, stream)] = piece

    def forget(self, key: tuple[int, int]) -> None:
        """Drop the pending text of a (sample, attempt) that has ended."""
        with self._lock:
            self._pending = {k: p for k, p in self._pending.items() if k[:2] != key}

    def flush(self, db: Database, worker: str) -> None:
        """Store all pending text. Raises StoreError."""
        with self._lock:
            pieces, self._pending = list(self._pending.values()), {}
        if not pieces:
            return
        try:
            live.append(db, worker, pieces)
        except (ValueRefused, ValueError):  # the database refuses one; store the others
            for piece in pieces:
                with contextlib.suppress(ValueRefused, ValueError):
                    live.append(db, worker, [piece])
