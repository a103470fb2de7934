"""What a worker says of itself: model, device, memory, tokens a second, progress of a load."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from typing import Any

import psutil

from align_tui.backbones.base import Backbone, Waits


class Status:
    """Gathers a worker's own description for its row in the database."""

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
        """A model is being fetched or loaded; an empty detail ends that. From any thread."""
        self._detail, self._progress = detail, progress

    @property
    def changed(self) -> bool:
        """Is there something about loading that the row does not say yet?"""
        return self._shown != (self._detail, int((self._progress or 0.0) * 100))

    def row(self, loaded: Mapping[str, Backbone], active: int, waiting: int) -> dict[str, Any]:
        """The values of the worker's row; tokens a second are over the time since the last.

        `active` samples are held, and `waiting` of them have not begun to write.
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
        """What the models wait for, where none of them is at work."""
        found = [each.waits_for() if isinstance(each, Waits) else "" for each in loaded.values()]
        return found[0] if found and all(found) else ""

    def _memory_mb(self, on_gpu: bool) -> float:
        if on_gpu:
            torch = sys.modules["torch"]  # loaded with the model; never imported for this
            devices = range(torch.cuda.device_count())
            return sum(float(torch.cuda.memory_allocated(device)) for device in devices) / 1e6
        return float(self._process.memory_info().rss) / 1e6
