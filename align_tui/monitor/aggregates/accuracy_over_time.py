"""Accuracy over time: count decisions by the time they ended, in a limited number of slots."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from align_tui.core.stats.question_sums import QuestionSums
from align_tui.monitor.overview import AccuracyCurve, Point, Points

SLOTS = 256  # slots at most; no plot has more columns
PER_SECOND = 1024  # the finest slots; a power of two, so that doubling a slot's length is exact

NewSums = Callable[[], QuestionSums]
Counts = dict[int, list[int]]  # by question: decisions, and right ones


class AccuracyOverTime:
    """A series of points for each profile and each target that it is scored against."""

    def __init__(self, new_sums: NewSums) -> None:
        self._new_sums = new_sums
        self._slots: dict[tuple[int, str], tuple[_Slots, _Slots]] = {}

    def clear(self) -> None:
        """Forget every decision."""
        self._slots.clear()

    def change(
        self,
        key: tuple[int, str],
        question: int,
        ended: float,
        correct: bool,
        discriminating: bool,
        by: int,
    ) -> None:
        """Add (`by` 1) or remove (-1) a decision that is scored for that profile and target.

        `ended` is in seconds since the epoch.
        """
        slots = self._slots.get(key)
        if slots is None:
            slots = self._slots[key] = _Slots(self._new_sums), _Slots(self._new_sums)
        if slots[0].plain:
            question = 0  # it makes no difference, and takes less memory
        slots[0].change(question, ended, correct, by)
        if discriminating:
            slots[1].change(question, ended, correct, by)

    def courses(self) -> tuple[AccuracyCurve, ...]:
        """The series, by profile and target."""
        return tuple(
            AccuracyCurve(profile, target, every.points(), discriminating.points())
            for (profile, target), (every, discriminating) in sorted(self._slots.items())
            if every.by_time
        )


class _Slots:
    """Decisions summed by slots of time, at first of about a millisecond.

    When more than `SLOTS` slots hold decisions, each slot becomes twice as long until they are few
    enough. So a series has at most `SLOTS` points. Each point is exact: the accuracy of all
    decisions that ended by the end of its slot. A decision's slot depends on its time alone, so the
    order of counting makes no difference, and a decision can be removed. Empty slots are not
    stored, so a pause costs no points.
    """

    def __init__(self, new_sums: NewSums) -> None:
        self.by_time: dict[int, Counts] = {}
        self._doublings = 0
        self._new_sums = new_sums
        # The points by the start of their slots. While decisions come in the order in which they
        # ended, only the last point changes, and `_sums` has all decisions.
        self._points: dict[int, Point] | None = {}
        self._sums = new_sums()
        self.plain = self._sums.plain
        self._last = -1
        self._frozen: Points | None = ()

    def change(self, question: int, ended: float, correct: bool, by: int) -> None:
        key = int(ended * PER_SECOND) >> self._doublings
        counts = self.by_time.setdefault(key, {})
        found = counts.setdefault(question, [0, 0])
        found[0] += by
        found[1] += by * correct
        if not found[0]:
            del counts[question]
            if not counts:
                del self.by_time[key]
        self._frozen = None
        if self._points is not None and key >= self._last and by > 0:
            self._sums.change(question, by * correct, by)
            self._points[key] = point_of(self._sums)
            self._last = key
        else:
            self._points = None
        while len(self.by_time) > SLOTS:
            self._double()

    def _double(self) -> None:
        longer: dict[int, Counts] = {}
        for key, counts in self.by_time.items():
            into = longer.setdefault(key >> 1, {})
            for question, (times, right) in counts.items():
                found = into.setdefault(question, [0, 0])
                found[0] += times
                found[1] += right
        self.by_time = longer
        self._doublings += 1
        self._last >>= 1
        if self._points is not None:  # the later of two points counts both slots
            self._points = {key >> 1: point for key, point in self._points.items()}

    def points(self) -> Points:
        """The points; the same object while nothing changes."""
        if self._points is None:
            self._sums, self._points = self._new_sums(), {}
            for key, counts in sorted(self.by_time.items()):
                _add(self._sums, counts.items())
                self._points[key] = point_of(self._sums)
                self._last = key
        if self._frozen is None:
            self._frozen = tuple(self._points.values())
        return self._frozen


def _add(sums: QuestionSums, counts: Iterable[tuple[int, list[int]]]) -> None:
    for question, (times, right) in counts:
        sums.change(question, right, times)


def point_of(sums: QuestionSums) -> Point:
    """(scored, right, accuracy) of all that was counted."""
    return sums.decisions, sums.correct, sums.mean()
