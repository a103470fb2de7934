"""Two columns compared: their accuracies, the difference, and whether it could be chance."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.core.columns import (
    Paired,
    column_agreement,
    distinct_probes,
    paired_counts,
    scored_pairs,
)
from align_tui.core.stats.agreement import Agreement
from align_tui.core.stats.paired import Difference, PairedCounts, difference, mcnemar
from align_tui.core.targets import Targets


@dataclass(frozen=True, slots=True)
class Comparison:
    """Column `b` beside column `a` (indices from 0).

    `probes` is the number of different questions among the scored pairs. If it is below the number
    of pairs, `p` takes dependent pairs for independent ones.
    """

    a: int
    b: int
    counts: PairedCounts
    difference: Difference | None
    p: float
    agreement: Agreement
    probes: int

    @property
    def dependent(self) -> bool:
        """Is any question among the pairs more than once?"""
        return self.probes < self.counts.pairs


def compare(
    paired: Paired, a: int, b: int, versus: Targets, *, discriminating: bool = False
) -> Comparison:
    """Compare two columns over the rows that are decided by and scored for both."""
    scored = scored_pairs(paired, a, b, versus, discriminating=discriminating)
    counts = paired_counts(scored)
    return Comparison(
        a,
        b,
        counts,
        difference(counts),
        mcnemar(counts),
        column_agreement(paired, a, b),
        distinct_probes([row for row, _, _ in scored]),
    )
