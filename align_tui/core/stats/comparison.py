"""Two columns compared: their accuracies, the difference, and whether it could be chance."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from align_tui.core.columns import (
    Paired,
    PairedRow,
    column_agreement,
    paired_counts,
    scored_pairs,
    versus_for,
)
from align_tui.core.stats.agreement import Agreement
from align_tui.core.stats.paired import PairedCounts
from align_tui.core.stats.paired_clusters import Pair, PairedDifference, paired_difference
from align_tui.core.steering import Steering, differently_aimed, steering_between
from align_tui.core.targets import Targets


@dataclass(frozen=True, slots=True)
class Comparison:
    """Column `b` beside column `a` (indices from 0).

    `counts` are of pairs of decisions. `difference` is over questions, with its test over the
    clusters that are taken as independent; None without a pair. If both have targets, and
    `different` ones, their accuracies measure different things: there are no pairs then, and
    `steering` has the effect of the target where one attribute alone differs.
    """

    a: int
    b: int
    counts: PairedCounts
    difference: PairedDifference | None
    agreement: Agreement
    different: bool = False
    steering: Steering | None = None

    @property
    def p(self) -> float:
        """The two-sided p (0..1) of the sign-flip test; 1 without a pair."""
        return self.difference.test.p if self.difference is not None else 1.0

    @property
    def tested(self) -> float | None:
        """The p of the difference, or of the steering effect in its place; None without a test."""
        if self.difference is not None:
            return self.p
        return self.steering.p if self.steering is not None else None


def compare(
    paired: Paired, a: int, b: int, versus: Targets, *, discriminating: bool = False
) -> Comparison:
    """Compare two columns over the rows that are decided by and scored for both.

    A column without targets is scored against those of the other, and `versus` is for two columns
    without any.
    """
    one, other = paired.columns[a], paired.columns[b]
    agreed = column_agreement(paired, a, b)
    if differently_aimed(one.targets, other.targets):
        found = steering_between(paired, a, b, discriminating=discriminating)
        return Comparison(a, b, PairedCounts(), None, agreed, different=True, steering=found)
    versus = versus_for(one, other, versus)
    scored = scored_pairs(paired, a, b, versus, discriminating=discriminating)
    return Comparison(
        a,
        b,
        paired_counts(scored),
        paired_difference(question_pairs(paired, scored)),
        agreed,
    )


def question_pairs(paired: Paired, scored: list[tuple[PairedRow, bool, bool]]) -> list[Pair]:
    """One pair for each question, or for each row if every decision counts for itself."""
    if paired.clustering.rule == "none":
        return [Pair(place, a, b, 1) for place, (_, a, b) in enumerate(scored)]
    sums: dict[int, list[int]] = {}
    for row, right_a, right_b in scored:
        found = sums.setdefault(row.question, [0, 0, 0])
        found[0] += right_a
        found[1] += right_b
        found[2] += 1
    of: tuple[Hashable, ...] = paired.clustering.of
    return [Pair(of[question], a, b, times) for question, (a, b, times) in sums.items()]
