"""A worker's description of itself: model, device, memory, tokens a second, load progress."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import psutil

from align_tui.backbones.base import Backbone, Waits


class Status:
    """Collects a worker's description for its row in the database."""

    def __init__(self) -> None:
        self.error: str | None = None
        self._detail = ""
        self._progress: float | None = None
        self._shown: tuple[str, int] = ("", -1)
        self._tokens = 0
        self._rate = 0.0
        self._at = time.monotonic()
        self._process = psutil.Process(os.getpid())

    def loading(self, detail: str, progress: float | None) -> None:
        """Note the progress of a model's download or load; an empty detail ends it. Thread-safe."""
        self._detail, self._progress = detail, progress

    @property
    def changed(self) -> bool:
        """True if the row lacks the latest progress of a load."""
        return self._shown != (self._detail, int((self._progress or 0.0) * 100))

    def row(self, loaded: Mapping[str, Backbone], active: int, waiting: int) -> dict[str, Any]:
        """The values of the worker's row; tokens a second count from the last call.

        The worker holds `active` samples, and no model has begun to read for `waiting` of them.
        """
        now = time.monotonic()
        tokens = sum(backbone.tokens_generated() for backbone in loaded.values())
        elapsed = now - self._at
        if elapsed >= 0.5:
            fresh = max(0, tokens - self._tokens) / elapsed
            self._rate = fresh if fresh == 0 or self._rate == 0 else (fresh + self._rate) / 2
            self._tokens, self._at = tokens, now
        self._shown = (self._detail, int((self._progress or 0.0) * 100))
        infos = [backbone.info for backbone in loaded.values()]
        waits = self._waits(loaded) if active and not self._detail else ""
        working = "waiting" if waits else "running" if active else "idle"
        return {
            "state": "loading" if self._detail else working,
            "detail": self._detail or waits,
            "progress": self._progress,
            "model": ", ".join(info.name for info in infos),
            "device": ", ".join(sorted({info.device for info in infos})),
            "memory_mb": self._memory_mb(any("cuda" in info.device for info in infos)),
            "tokens_per_s": round(self._rate if active else 0.0, 1),
            "active": active,
            "waiting": waiting,
            "notes": "; ".join(note for info in infos for note in info.notes),
            "error": self.error,
        }

    def _waits(self, loaded: Mapping[str, Backbone]) -> str:
        """What the models wait for, if none of them is working."""
        found = [each.waits_for() if isinstance(each, Waits) else "" for each in loaded.values()]
        return found[0] if found and all(found) else ""

    def _memory_mb(self, on_gpu: bool) -> float:
        if on_gpu:
            torch = sys.modules["torch"]  # only if a model imported it
            devices = range(torch.cuda.device_count())
            return sum(float(torch.cuda.memory_allocated(device)) for device in devices) / 1e6
        return float(self._process.memory_info().rss) / 1e6
