"""How long counters have stood still while one process watched them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping


class Stillness:
    """Adds up, for each counter, the seconds in which the watcher saw it stand still.

    It reads the watcher's own monotonic clock alone, so that steps of a wall clock and other
    machines' clocks cannot matter. Of the time between two looks at most `most_s` counts: if the
    watcher itself was stopped (a closed laptop, SIGSTOP), it watched nothing in that time, and
    processes that were stopped with it still need time to move their counters.
    """

    def __init__(self, most_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_s = most_s
        self._clock = clock
        self._last: float | None = None
        self._counters: dict[str, tuple[float, float]] = {}  # value, seconds of standing still

    def look(self, counters: Mapping[str, float]) -> None:
        """Record the counters' values now; counters that are missing are forgotten."""
        now = self._clock()
        passed = 0.0 if self._last is None else min(max(0.0, now - self._last), self._most_s)
        self._last = now
        before, self._counters = self._counters, {}
        for name, value in counters.items():
            known = before.get(name)
            still = known is not None and known[0] == value
            self._counters[name] = (value, known[1] + passed if known and still else 0.0)

    def seconds(self, name: str) -> float:
        """How long the counter has stood still; 0 for an unknown counter."""
        return self._counters.get(name, (0.0, 0.0))[1]
