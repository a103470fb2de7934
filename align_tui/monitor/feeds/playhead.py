"""Where a replay stands in its recording, and how it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable

from align_tui.monitor.feeds.replay_clock import next_speed


class Playhead:
    """`at` and `length` are seconds of playing; `now` is the clock that it plays by, in seconds."""

    def __init__(self, speed: float = 1.0, now: Callable[[], float] = time.monotonic) -> None:
        self.at = 0.0
        self.length = 0.0
        self.playing = True
        self.speed = speed
        self._now = now
        self._then = 0.0

    def begin(self, length: float) -> None:
        """The recording is read, and that long: its clock runs from this moment on."""
        self.length = length
        self._then = self._now()

    def advance(self) -> None:
        """On by what has passed since the last time; at the end it stops."""
        now = self._now()
        if self.playing:
            self.go(self.at + (now - self._then) * self.speed)
            self.playing = self.at < self.length
        self._then = now

    def go(self, to: float) -> None:
        """To that second, or to the end that lies nearest."""
        self.at = min(self.length, max(0.0, to))

    def go_to_end(self, step: int) -> None:
        """To the end (1) or the start (-1)."""
        self.go(self.length if step > 0 else 0.0)

    def toggle(self) -> None:
        """Play or pause; at the end, play from the start."""
        if not self.playing and self.at >= self.length:
            self.at = 0.0
        self.playing = not self.playing

    def change_speed(self, step: int) -> None:
        """Faster (1) or slower (-1)."""
        self.speed = next_speed(self.speed, step)
