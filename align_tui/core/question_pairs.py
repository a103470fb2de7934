"""Two columns question by question, for statistics that average repeats first."""

from __future__ import annotations

from align_tui.core.columns import Paired, scored_pairs
from align_tui.core.families import DEFAULT_RULE, ClusterRule, clusters_of
from align_tui.core.stats.paired_clusters import Pair
from align_tui.core.targets import Targets


def question_pairs(
    paired: Paired, a: int, b: int, versus: Targets, rule: ClusterRule = DEFAULT_RULE
) -> list[Pair]:
    """One pair for each question that is decided by and scored for both columns.

    With the rule `none`, one for each decision.
    """
    scored = scored_pairs(paired, a, b, versus)
    if rule == "none":
        return [Pair(place, one, other, 1) for place, (_, one, other) in enumerate(scored)]
    clusters = clusters_of(paired.columns[0].scenarios, rule)
    sums: dict[int, list[int]] = {}
    for row, one, other in scored:
        found = sums.setdefault(row.places[0], [0, 0, 0])
        found[0] += one
        found[1] += other
        found[2] += 1
    return [
        Pair(clusters[question], one, other, times)
        for question, (one, other, times) in sums.items()
    ]
