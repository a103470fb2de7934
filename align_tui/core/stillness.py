"""How long counters have stood still, by what one process has watched of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping


class Stillness:
    """Adds up, for each of several counters, the time in which it was seen to stand still.

    Only the watcher's own monotonic clock is read, so that no step of a wall clock and no other
    machine's clock can matter. Of the time between two looks at most `most_s` counts: a watcher
    that was stopped itself (a closed laptop, SIGSTOP) has watched nothing in that time, and
    whoever was stopped together with it has that much less time to show a sign of life.
    """

    def __init__(self, most_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_s = most_s
        self._clock = clock
        self._last: float | None = None
        self._counters: dict[str, tuple[float, float]] = {}  # value, seconds of standing still

    def look(self, counters: Mapping[str, float]) -> None:
        """Take in what the counters are now; those that are no longer there are forgotten."""
        now = self._clock()
        passed = 0.0 if self._last is None else min(max(0.0, now - self._last), self._most_s)
        self._last = now
        before, self._counters = self._counters, {}
        for name, value in counters.items():
            known = before.get(name)
            still = known is not None and known[0] == value
            self._counters[name] = (value, known[1] + passed if known and still else 0.0)

    def seconds(self, name: str) -> float:
        """For how long that counter has been seen to stand still; 0 for one that is unknown."""
        return self._counters.get(name, (0.0, 0.0))[1]
