"""What a comparison of a report comes to: one is better, they are tied, or it is open."""

from __future__ import annotations

from collections.abc import Collection

from align_tui.core.stats import inversion
from align_tui.core.stats.equivalence import LEVEL, finding
from align_tui.core.stats.paired_clusters import PairedDifference
from align_tui.output.numbers import point


def conclusion(found: PairedDifference | None, adjusted: float, margin: float | None) -> str:
    """`second better`, `tied within .05`, or `open; .19 could be detected`.

    `adjusted` is Holm's p. Empty without a pair.
    """
    if found is None:
        return ""
    said = finding(found.low, found.high, margin, different=adjusted <= LEVEL)
    if said == "tied":
        return f"tied within {point(margin)}"
    if said != "open":
        return "second better" if said == "better" else "first better"
    if found.detectable is None:
        return "open; nothing could be detected"
    return f"open; {point(found.detectable)} could be detected"


def interval_notes(clusters: Collection[int]) -> tuple[str, ...]:
    """How the intervals and the p of differences over so many clusters go together."""
    notes = []
    if any(each < inversion.LEAST for each in clusters):
        notes.append(
            f"With fewer than {inversion.LEAST} clusters p cannot fall to 5 %, however large the "
            "difference is; the interval takes the clusters' means as roughly normal, and can "
            "leave out 0 all the same."
        )
    if any(each > inversion.MOST for each in clusters):
        notes.append(
            "Interval and p come from two methods, so they may disagree where p is near 5 %."
        )
    return tuple(notes)
