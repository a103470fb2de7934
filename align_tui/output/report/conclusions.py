"""What a comparison of a report comes to: one is better, they are tied, or it is open."""

from __future__ import annotations

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
