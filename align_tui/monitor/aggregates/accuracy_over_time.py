"""How accuracy went: counts by the time at which decisions ended, in a bounded number of slots."""

from __future__ import annotations

from itertools import accumulate

from align_tui.monitor.overview import AccuracyCurve, Points

SLOTS = 256  # of a course; a plot has fewer columns than these have
PER_SECOND = 1024  # the finest slots; a power of two, so that doubling a slot's length is exact


class AccuracyOverTime:
    """One course for each profile and target that it is scored against."""

    def __init__(self) -> None:
        self._slots: dict[tuple[int, str], _Slots] = {}

    def clear(self) -> None:
        """Forget every decision."""
        self._slots.clear()

    def change(
        self, profile: int, target: str, ended: float, correct: bool, discriminating: bool, by: int
    ) -> None:
        """Count a scored decision that ended then (seconds since the epoch) in (1) or out (-1)."""
        slots = self._slots.get((profile, target))
        if slots is None:
            slots = self._slots[profile, target] = _Slots()
        slots.change(ended, correct, discriminating, by)

    def courses(self) -> tuple[AccuracyCurve, ...]:
        """By profile and target."""
        return tuple(
            AccuracyCurve(profile, target, *slots.points())
            for (profile, target), slots in sorted(self._slots.items())
            if slots.by_time
        )


class _Slots:
    """Decisions summed by slots of time, at first of about a millisecond.

    With more than `SLOTS` that hold something, slots twice as long take their place until they
    are few enough. So a course of any length is at most `SLOTS` points; each is exact, the
    accuracy over all that had ended by the end of its slot; up to `SLOTS` decisions that did not
    end in the same millisecond have a point each. A decision's slot follows from its time alone:
    the order in which decisions are counted makes no difference, and each can be taken out again.
    Where nothing happens nothing is kept, so a pause costs no points.
    """

    def __init__(self) -> None:
        # Scored, right, discriminating, right of those.
        self.by_time: dict[int, list[int]] = {}
        self._doublings = 0
        self._points: tuple[Points, Points] | None = None

    def change(self, ended: float, correct: bool, discriminating: bool, by: int) -> None:
        key = int(ended * PER_SECOND) >> self._doublings
        sums = self.by_time.get(key)
        if sums is None:
            sums = self.by_time[key] = [0, 0, 0, 0]
        sums[0] += by
        sums[1] += by * correct
        if discriminating:
            sums[2] += by
            sums[3] += by * correct
        if not sums[0]:
            del self.by_time[key]
        self._points = None
        while len(self.by_time) > SLOTS:
            self._double()

    def _double(self) -> None:
        longer: dict[int, list[int]] = {}
        for key, sums in self.by_time.items():
            into = longer.setdefault(key >> 1, [0, 0, 0, 0])
            for at, count in enumerate(sums):
                into[at] += count
        self.by_time = longer
        self._doublings += 1

    def points(self) -> tuple[Points, Points]:
        """Over all scored, and over the discriminating ones; the same objects while unchanged."""
        if self._points is None:
            ordered = [sums for _, sums in sorted(self.by_time.items())]
            self._points = (_so_far(ordered, 0), _so_far(ordered, 2))
        return self._points


def _so_far(ordered: list[list[int]], at: int) -> Points:
    held = [sums for sums in ordered if sums[at]]
    scored = accumulate(sums[at] for sums in held)
    return tuple(zip(scored, accumulate(sums[at + 1] for sums in held), strict=True))
