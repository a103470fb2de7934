"""All counts of the overview, computed once for each state of the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from align_tui.core.families import Clustering
from align_tui.core.stats.question_sums import QuestionSums
from align_tui.monitor.aggregates.accuracy_over_time import AccuracyOverTime
from align_tui.monitor.aggregates.agreement import PairCounts
from align_tui.monitor.aggregates.by_attribute import AttributeCounts
from align_tui.monitor.overview import Chances, Overview
from align_tui.monitor.snapshot import Cell, Cells

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.store.results import Tally


class Aggregates:
    """Adds and removes decisions, in any order; the same arguments remove what they added."""

    def __init__(self, study: Study, clustering: Callable[[], Clustering]) -> None:
        def new_sums() -> QuestionSums:
            return QuestionSums(clustering(), study.repeat)

        self._attributes = AttributeCounts(study, new_sums)
        self._courses = AccuracyOverTime(new_sums)
        self._pairs = PairCounts(study, new_sums)
        self._made: Overview | None = None

    def clear(self) -> None:
        """Forget every decision."""
        for each in (self._attributes, self._courses, self._pairs):
            each.clear()
        self._made = None

    def decided(self, row: Cells, place: tuple[int, int, int], choice: int, by: int) -> None:
        """Add (`by` 1) or remove (-1) a decision; `row` holds the others on that scenario."""
        scenario, profile, repeat = place
        self._attributes.change(scenario, profile, choice, by)
        self._pairs.change(row, scenario, profile, repeat, choice, by)
        self._made = None

    def scored(
        self,
        place: tuple[int, int, int],
        target: str,
        cell: Cell,
        correct: bool,
        discriminating: bool,
        by: int,
    ) -> None:
        """Add (`by` 1) or remove (-1) a decision's score for one target."""
        scenario, profile, _ = place
        key, ended = (profile, target), cell.ended or 0.0
        self._courses.change(key, scenario, ended, correct, discriminating, by)
        self._made = None

    def overview(
        self, tallies: Callable[[], tuple[Tally, ...]], chances: Callable[[], Chances]
    ) -> Overview:
        """The overview's numbers; the same object while nothing changes."""
        if self._made is None:
            by_chance = chances()
            self._made = Overview(
                self._attributes.rates(tallies(), by_chance),
                self._courses.courses(),
                self._pairs.agreements(),
                by_chance,
            )
        return self._made
