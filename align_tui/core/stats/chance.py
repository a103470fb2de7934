"""Chance: the accuracy that a uniform random chooser would expect on the same decisions.

There is one rule. Chance is over what the accuracy beside it counts: the scored questions, each
once however often it was asked, or every scored decision where the study counts decisions. So it
is known only when something is scored.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.base import ScorerEntry
from align_tui.core.scorers.labels import discriminates
from align_tui.core.stats.question_sums import QuestionSums
from align_tui.core.targets import Targets

Odds = tuple[int, int]
"""The number of a scenario's right choices, and that of all its choices."""


def odds_of(scorer: ScorerEntry, scenario: Scenario, targets: Targets) -> Odds | None:
    """The odds of a uniform chooser; None if the scenario is unscored or no choices are right."""
    right = scorer.right_choices(scenario, targets) if scorer.right_choices is not None else None
    return None if right is None else (len(right), len(scenario.choices))


class ChanceSums:
    """The mean chance of the questions that are counted, exact in whatever order they came."""

    def __init__(self) -> None:
        self._questions: Counter[Odds] = Counter()

    def change(self, odds: Odds | None, by: int) -> None:
        """Count a question with these odds `by` times more; a negative number takes it back."""
        if odds is not None and by:
            self._questions[odds] += by

    def mean(self) -> float | None:
        """The expected accuracy (0..1) of a uniform chooser; None without a question."""
        known = [(odds, number) for odds, number in self._questions.items() if number]
        total = sum(number for _, number in known)
        if not total:
            return None
        right = sum((Fraction(*odds) * number for odds, number in known), Fraction(0))
        return float(right / total)


class SumsWithChance:
    """The sums of an accuracy, and chance on the same questions."""

    def __init__(self, sums: QuestionSums) -> None:
        self.sums = sums
        self._chance = ChanceSums()

    def change(self, question: int, right: int, times: int, odds: Odds | None) -> None:
        """Add `times` decisions of which `right` are right; negative numbers remove them."""
        self._chance.change(odds, self.sums.change(question, right, times))

    def chance(self) -> float | None:
        """Chance on what is counted now; None if nothing is, or no choices are right as such."""
        return self._chance.mean()


def chance(
    questions: Iterable[Scenario],
    targets: Targets,
    scorer: ScorerEntry,
    *,
    discriminating: bool = False,
) -> float | None:
    """Chance over these scenarios, which are listed as often as they count.

    None if none is scored, or if the scorer has no `right_choices`.
    """
    sums = ChanceSums()
    for scenario in questions:
        if not discriminating or discriminates(scorer, scenario, targets):
            sums.change(odds_of(scorer, scenario, targets), 1)
    return sums.mean()
