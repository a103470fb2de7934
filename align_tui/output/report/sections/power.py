"""The appendix's power: what the runs could have detected, and what smaller differences need."""

from __future__ import annotations

from align_tui.core.stats.paired_clusters import PairedDifference
from align_tui.core.stats.power import (
    LEAST_CLUSTERS,
    Design,
    Variation,
    assumed_variation,
    questions_needed,
)
from align_tui.output.effects import effect_name
from align_tui.output.numbers import point
from align_tui.output.report.blocks import Block, Grid
from align_tui.output.report.compared import Compared
from align_tui.output.report.methods import MethodName
from align_tui.output.report.sections.gathered import Gathered
from align_tui.output.report.target_words import target_words

DIFFERENCES = (0.05, 0.10, 0.20)
DASH, ASSUMED = "–", "~"
HOW = (
    "Detectable: the smallest true difference of accuracies, or steering effect, that a two-sided "
    "test at 5 % finds with 80 % power on these clusters; a dash where none is found, since a test "
    f"needs {LEAST_CLUSTERS} clusters or since the difference was the same in every question. "
    "Needed: how many questions (q) in how many clusters (c) find a true difference of .05, .10 "
    "and .20 in this way, with as many repeats and questions of a cluster. With few clusters these "
    "numbers are uncertain."
)
HOW_ASSUMED = (
    f"{ASSUMED}: the run does not tell how the difference varies. It was assumed that the first "
    "column is as accurate as here, and that both find the same questions hard with a correlation "
    "of .5."
)


def power(gathered: Gathered) -> Block | None:
    """One row for each comparison, and one for each steering effect."""
    rows = []
    for each in gathered.comparisons:
        if each.found.difference is not None:
            rows.append(_compared(each, each.found.difference))
    for effect in gathered.effects.steering:
        labels = effect.effect.labels
        if labels is not None:
            name = effect_name(effect.between).replace("_", " ")
            ends = gathered.labels[effect.high], gathered.labels[effect.low]
            rows.append((name, *ends, *_sizes(labels), *(_needed(labels, d) for d in DIFFERENCES)))
    if not rows:
        return None
    cells = [cell for row in rows for cell in row[6:] if cell != DASH]
    assumed = any(cell.startswith(ASSUMED) for cell in cells)
    uses: list[MethodName] = ["power"]
    if any(not cell.startswith(ASSUMED) for cell in cells):
        uses.append("needed")
    header = ("target or effect", "first", "second", "questions", "clusters", "detectable",
              *(f"needed for {point(each)}" for each in DIFFERENCES))  # fmt: skip
    said = (HOW, HOW_ASSUMED) if assumed else (HOW,)
    return Block("Power", said, (Grid(header, tuple(rows)),), uses=tuple(uses))


def _compared(each: Compared, found: PairedDifference) -> tuple[str, ...]:
    counts = each.found.counts
    accuracy = (counts.both + counts.only_a) / counts.pairs
    return (
        target_words(each.targets),
        each.first,
        each.second,
        *_sizes(found),
        *(_needed(found, difference, accuracy) for difference in DIFFERENCES),
    )


def _sizes(found: PairedDifference) -> tuple[str, str, str]:
    return str(found.questions), str(found.clusters), point(found.detectable)


def _needed(found: PairedDifference, difference: float, accuracy: float | None = None) -> str:
    """`1,240 q, 413 c`: with more such clusters, the error shrinks by the root of their number.

    By an assumed variance where the error says nothing and the first column's accuracy is given.
    """
    design = Design(found.questions, found.clusters)
    mark = ""
    if found.se and found.clusters >= LEAST_CLUSTERS:
        variation = Variation(found.se * found.se * found.questions, 0.0)
    elif accuracy is not None:
        variation, mark = assumed_variation(accuracy, difference), f"{ASSUMED} "
    else:
        return DASH
    needed = questions_needed(variation, difference, design)
    return DASH if needed is None else f"{mark}{needed.questions:,} q, {needed.clusters:,} c"
