"""Accuracy over time: count decisions by the time they ended, in a limited number of slots."""

from __future__ import annotations

from itertools import accumulate

from align_tui.monitor.overview import AccuracyCurve, Points

SLOTS = 256  # slots at most; no plot has more columns
PER_SECOND = 1024  # the finest slots; a power of two, so that doubling a slot's length is exact


class AccuracyOverTime:
    """A series of points for each profile and each target that it is scored against."""

    def __init__(self) -> None:
        self._slots: dict[tuple[int, str], _Slots] = {}

    def clear(self) -> None:
        """Forget every decision."""
        self._slots.clear()

    def change(
        self, profile: int, target: str, ended: float, correct: bool, discriminating: bool, by: int
    ) -> None:
        """Add (`by` 1) or remove (-1) a scored decision; `ended` is in seconds since the epoch."""
        slots = self._slots.get((profile, target))
        if slots is None:
            slots = self._slots[profile, target] = _Slots()
        slots.change(ended, correct, discriminating, by)

    def courses(self) -> tuple[AccuracyCurve, ...]:
        """The series, by profile and target."""
        return tuple(
            AccuracyCurve(profile, target, *slots.points())
            for (profile, target), slots in sorted(self._slots.items())
            if slots.by_time
        )


class _Slots:
    """Decisions summed by slots of time, at first of about a millisecond.

    When more than `SLOTS` slots hold decisions, each slot becomes twice as long until they are few
    enough. So a series has at most `SLOTS` points. Each point is exact: the accuracy of all
    decisions that ended by the end of its slot. A decision's slot depends on its time alone, so the
    order of counting makes no difference, and a decision can be removed. Empty slots are not
    stored, so a pause costs no points.
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
        """The points over all scored decisions and over the discriminating ones.

        They are the same objects while nothing changes.
        """
        if self._points is None:
            ordered = [sums for _, sums in sorted(self.by_time.items())]
            self._points = (_so_far(ordered, 0), _so_far(ordered, 2))
        return self._points


def _so_far(ordered: list[list[int]], at: int) -> Points:
    held = [sums for sums in ordered if sums[at]]
    scored = accumulate(sums[at] for sums in held)
    return tuple(zip(scored, accumulate(sums[at + 1] for sums in held), strict=True))
