"""A recording's clock: it maps the times at which samples ran to seconds of playing."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LONG_GAP_S, SHORT_GAP_S = 5.0, 2.0
ROUNDING_S = 1e-6  # a double holds seconds since 1970 to a quarter of a microsecond
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


@dataclass(frozen=True, slots=True)
class Clock:
    """A piecewise linear map between real times and seconds of playing."""

    real: tuple[float, ...]
    played: tuple[float, ...]
    shortened_s: float

    @property
    def length(self) -> float:
        """The length of the recording in seconds of playing."""
        return self.played[-1] if self.played else 0.0

    def moment(self, at: float) -> float:
        """The real time at a second of playing."""
        return _interpolate(self.played, self.real, at)

    def second(self, moment: float) -> float:
        """The second of playing at a real time."""
        return _interpolate(self.real, self.played, moment)


def _interpolate(xs: Sequence[float], ys: Sequence[float], x: float) -> float:
    if not xs:
        return 0.0
    if x <= xs[0]:
        return ys[0]
    if x >= xs[-1]:
        return ys[-1]
    i = bisect_right(xs, x) - 1
    width = xs[i + 1] - xs[i]
    share = (x - xs[i]) / width if width > 0 else 0.0
    return ys[i] + share * (ys[i + 1] - ys[i])


def make_clock(periods: Iterable[tuple[float, float]]) -> Clock:
    """The clock of samples that ran in `periods`; it shortens long pauses between them."""
    covered: list[list[float]] = []
    for start, end in sorted(periods):
        if covered and start <= covered[-1][1]:
            covered[-1][1] = max(covered[-1][1], end)
        else:
            covered.append([start, max(start, end)])
    if not covered:
        return Clock((), (), 0.0)
    real, played, at, saved = [covered[0][0]], [0.0], 0.0, 0.0
    last = covered[0][0]
    for start, end in covered:
        gap = start - last
        kept = SHORT_GAP_S if gap > LONG_GAP_S else gap
        saved += gap - kept
        if gap > 0:
            at += kept
            real.append(start)
            played.append(at)
        at += end - start
        real.append(end)
        played.append(at)
        last = end
    return Clock(tuple(real), tuple(played), saved)


def characters_at(timeline: Sequence[tuple[float, int]], elapsed: float) -> int:
    """The number of characters that were written after a number of seconds."""
    i = bisect_right(timeline, elapsed, key=lambda point: point[0])
    return timeline[i - 1][1] if i else 0


def nearest(moments: Sequence[float], at: float, step: int) -> float | None:
    """Of ascending seconds, the one before (-1) or after (+1) `at`; None if there is none."""
    if step > 0:
        i = bisect_right(moments, at + ROUNDING_S)
        return moments[i] if i < len(moments) else None
    i = bisect_left(moments, at - ROUNDING_S)
    return moments[i - 1] if i else None


_PARTS = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")


def second_of(words: str, length: float) -> float | None:
    """Parse `90`, `1:30`, `1:02:03` or `25 %` to a second, at most `length`; None if invalid."""
    words = words.strip()
    if words.endswith("%"):
        share = second_of(words[:-1], math.inf) if ":" not in words else None
        return None if share is None else min(1.0, share / 100) * length
    found = _PARTS.fullmatch(words)
    if found is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return min(length, 3600 * hours + 60 * minutes + seconds)


def next_speed(speed: float, step: int) -> float:
    """The next faster (1) or slower (-1) speed."""
    if step > 0:
        return next((s for s in SPEEDS if s > speed * 1.0001), SPEEDS[-1])
    return next((s for s in reversed(SPEEDS) if s < speed * 0.9999), SPEEDS[0])
