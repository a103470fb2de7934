"""How often every two profiles chose the same choice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.core.stats.agreement import Agreement, agreement_of
from align_tui.monitor.snapshot import Cells

if TYPE_CHECKING:
    from align_tui.config.study import Study


class PairCounts:
    """Counts of pairs of decisions on the same scenario and repeat, by profiles and choices.

    One decision changes as many counts as there are other profiles.
    """

    def __init__(self, study: Study) -> None:
        self._profiles = len(study.profiles)
        self._choices = [len(scenario.choices) for scenario in study.scenarios]
        self.clear()

    def clear(self) -> None:
        """Forget every pair."""
        self._same = self._zeros()
        self._pairs = {choices: self._zeros() for choices in sorted(set(self._choices))}

    def _zeros(self) -> list[list[int]]:
        return [[0] * self._profiles for _ in range(self._profiles)]

    def change(
        self, row: Cells, scenario: int, profile: int, repeat: int, choice: int, by: int
    ) -> None:
        """Add (`by` 1) or remove (-1) a decision; `row` holds the others on that scenario."""
        # Counted under the profile that changes. A pair may be added under one profile and removed
        # under the other, so only the sum of both counts.
        same, pairs = self._same[profile], self._pairs[self._choices[scenario]][profile]
        for other, repeats in enumerate(row):
            cell = repeats[repeat]
            if cell is None or cell.choice is None or other == profile:
                continue
            pairs[other] += by
            if cell.choice == choice:
                same[other] += by

    def agreements(self) -> tuple[tuple[Agreement | None, ...], ...]:
        """The matrix of agreements, as in a report."""
        known: dict[tuple[int, int], Agreement] = {}
        every = range(self._profiles)
        for a in every:
            for b in range(a):
                pairs = {n: of[a][b] + of[b][a] for n, of in self._pairs.items()}
                known[b, a] = agreement_of(self._same[a][b] + self._same[b][a], pairs)
        return tuple(
            tuple(None if a == b else known[min(a, b), max(a, b)] for b in every) for a in every
        )
