"""Statistics of two columns on the same samples: is one right more often than the other?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from align_tui.core.stats.rates import wilson


@dataclass(frozen=True, slots=True)
class PairedCounts:
    """How often both were right, only the first, only the second, or neither."""

    both: int = 0
    only_a: int = 0
    only_b: int = 0
    neither: int = 0

    @property
    def pairs(self) -> int:
        """The number of samples decided by and scored for both columns."""
        return self.both + self.only_a + self.only_b + self.neither


@dataclass(frozen=True, slots=True)
class Difference:
    """B's accuracy minus A's (-1..1), with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def count_pairs(pairs: Iterable[tuple[bool, bool]]) -> PairedCounts:
    """The two-by-two table of (A is right, B is right)."""
    table = {(a, b): 0 for a in (True, False) for b in (True, False)}
    for pair in pairs:
        table[pair] += 1
    return PairedCounts(*table.values())


def difference(counts: PairedCounts, z: float = 1.959963984540054) -> Difference | None:
    """B's accuracy minus A's, with its 95 % interval; None without pairs.

    Newcombe's square-and-add of the two Wilson intervals, allowing for their correlation with
    the continuity-corrected phi: method 10 of R. G. Newcombe, Statistics in Medicine 17,
    2635-2650 (1998).
    """
    n = counts.pairs
    if n == 0:
        return None
    right_a, right_b = counts.both + counts.only_a, counts.both + counts.only_b
    return square_and_add(
        (right_a / n, *wilson(right_a, n, z)), (right_b / n, *wilson(right_b, n, z)), _phi(counts)
    )


def square_and_add(
    a: tuple[float, float, float], b: tuple[float, float, float], correlation: float
) -> Difference:
    """B's mean minus A's, from (mean, low, high) of each and their correlation (-1..1)."""
    (p_a, low_a, high_a), (p_b, low_b, high_b) = a, b

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(0.0, one * one - 2 * correlation * one * other + other * other))

    value = p_b - p_a
    return Difference(
        value,
        max(-1.0, value - reach(p_b - low_b, high_a - p_a)),
        min(1.0, value + reach(high_b - p_b, p_a - low_a)),
    )


def _phi(counts: PairedCounts) -> float:
    """The correlation of the two columns (-1..1), continuity-corrected if positive."""
    right_a, right_b = counts.both + counts.only_a, counts.both + counts.only_b
    n = counts.pairs
    margins = right_a * (n - right_a) * right_b * (n - right_b)
    if margins == 0:
        return 0.0
    cross = counts.both * counts.neither - counts.only_a * counts.only_b
    return (max(cross - n / 2, 0.0) if cross > 0 else cross) / math.sqrt(margins)


def holm(values: Sequence[float]) -> tuple[float, ...]:
    """The p values adjusted for multiple tests, in the same order.

    S. Holm's step-down method (Scandinavian Journal of Statistics 6, 65-70, 1979).
    """
    out = [0.0] * len(values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        highest = max(highest, min(1.0, (len(values) - rank) * values[index]))
        out[index] = highest
    return tuple(out)
