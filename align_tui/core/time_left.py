"""The time that a run still takes; None unless it is known within a factor of two."""

from __future__ import annotations

import bisect
import math

WITHIN = 2.0
"""The paces of the second half of the work so far differ by less than this factor."""
LEAST = 3  # samples ended since the first quarter, before anything is told
MARKS = 400  # kept moments of all the work


class TimeLeft:
    """Measures the pace at which samples end, and tells the time left.

    Only time at work counts: none while the run is paused or no worker runs. The pace at a moment
    is the seconds of work for each ended sample, since the first quarter of the work. The time
    left is known as long as the paces at all moments of the second half differ by less than
    `WITHIN`: a burst, a slow model after a fast one, or a hung worker makes it unknown.
    """

    def __init__(self) -> None:
        self._last: float | None = None
        self._worked = 0.0
        self._at: list[float] = [0.0]  # seconds of work at each mark
        self._ended: list[int] = [0]  # samples that had ended then
        self._now = 0  # samples that have ended

    def look(self, now: float, ended: int, *, working: bool) -> None:
        """Take a look: `now` in seconds, how many samples have `ended`, and are some decided?

        Looks must come in order. `ended` counts from any beginning, and may not fall.
        """
        if working and self._last is not None:
            self._worked += max(0.0, now - self._last)
        self._last, self._now = now, ended
        if self._worked - self._at[-1] > self._worked / MARKS:
            self._at.append(self._worked)
            self._ended.append(ended)
            first = self._mark(self._worked / 4)
            del self._at[:first], self._ended[:first]
        else:
            self._ended[-1] = ended

    def _mark(self, at: float) -> int:
        """The index of the last mark that is not after that moment."""
        return max(0, bisect.bisect_right(self._at, at) - 1)

    def seconds(self, left: int) -> float | None:
        """The time that `left` samples take, in seconds; None while it is not known."""
        first, half = self._mark(self._worked / 4), self._mark(self._worked / 2)
        since, before = self._at[first], self._ended[first]
        if left <= 0 or self._now - before < LEAST or half == first:
            return None
        marks = [*zip(self._at[half:], self._ended[half:], strict=True), (self._worked, self._now)]
        paces = [
            (at - since) / (ended - before) if ended > before else math.inf for at, ended in marks
        ]
        if not math.isfinite(max(paces)) or max(paces) >= WITHIN * min(paces):
            return None
        return left * paces[-1]
