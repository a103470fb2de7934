"""How often every two profiles chose the same choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from align_tui.core.stats.agreement import Agreement, agreement_of
from align_tui.core.stats.question_sums import QuestionSums
from align_tui.monitor.snapshot import Cells

if TYPE_CHECKING:
    from align_tui.config.study import Study


class PairCounts:
    """Counts of pairs of decisions on the same scenario and repeat, by profiles.

    One decision changes as many counts as there are other profiles.
    """

    def __init__(self, study: Study, new_sums: Callable[[], QuestionSums]) -> None:
        self._profiles = len(study.profiles)
        self._choices = [len(scenario.choices) for scenario in study.scenarios]
        self._new_sums = new_sums
        self.clear()

    def clear(self) -> None:
        """Forget every pair."""
        self._same: dict[tuple[int, int], QuestionSums] = {}
        # By pair of profiles: how many questions have that many choices.
        self._questions: dict[tuple[int, int], Counter[int]] = {}

    def change(
        self, row: Cells, scenario: int, profile: int, repeat: int, choice: int, by: int
    ) -> None:
        """Add (`by` 1) or remove (-1) a decision; `row` holds the others on that scenario."""
        choices = self._choices[scenario]
        for other, repeats in enumerate(row):
            cell = repeats[repeat]
            if cell is None or cell.choice is None or other == profile:
                continue
            pair = (other, profile) if other < profile else (profile, other)
            same = self._same.get(pair)
            if same is None:
                same = self._same[pair] = self._new_sums()
                self._questions[pair] = Counter()
            more = same.change(scenario, by * (cell.choice == choice), by)
            if more:
                self._questions[pair][choices] += more

    def agreements(self) -> tuple[tuple[Agreement | None, ...], ...]:
        """The matrix of agreements, as in a report."""
        every = range(self._profiles)
        known = {
            pair: agreement_of(same.rate(), self._questions[pair])
            for pair, same in self._same.items()
        }
        none = Agreement(0, 0)
        return tuple(
            tuple(None if a == b else known.get((min(a, b), max(a, b)), none) for b in every)
            for a in every
        )
