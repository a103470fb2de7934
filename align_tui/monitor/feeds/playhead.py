"""The playhead: the position of a replay in its recording, and its speed."""

from __future__ import annotations

import time
from collections.abc import Callable

from align_tui.monitor.feeds.replay_clock import next_speed


class Playhead:
    """A replay's position: `at` and `length` are seconds of playing, and `now` returns seconds."""

    def __init__(self, speed: float = 1.0, now: Callable[[], float] = time.monotonic) -> None:
        self.at = 0.0
        self.length = 0.0
        self.playing = True
        self.speed = speed
        self._now = now
        self._then = 0.0

    def begin(self, length: float) -> None:
        """Start the clock of a recording of this length, now that it is read."""
        self.length = length
        self._then = self._now()

    def advance(self) -> None:
        """Move on by the time since the last call, and stop at the end."""
        now = self._now()
        if self.playing:
            self.go(self.at + (now - self._then) * self.speed)
            self.playing = self.at < self.length
        self._then = now

    def go(self, to: float) -> None:
        """Move to a second, or to the nearest end of the recording."""
        self.at = min(self.length, max(0.0, to))

    def go_to_end(self, step: int) -> None:
        """Move to the end (1) or the start (-1)."""
        self.go(self.length if step > 0 else 0.0)

    def toggle(self) -> None:
        """Play or pause; at the end, play from the start."""
        if not self.playing and self.at >= self.length:
            self.at = 0.0
        self.playing = not self.playing

    def change_speed(self, step: int) -> None:
        """Play faster (1) or slower (-1)."""
        self.speed = next_speed(self.speed, step)
