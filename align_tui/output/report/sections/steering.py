"""The appendix's steering effects: the same decision-maker under a high and a low target."""

from __future__ import annotations

from align_tui.core.stats.paired_clusters import PairedDifference
from align_tui.core.steering import Steering
from align_tui.output.effects import effect_name, mean_words
from align_tui.output.numbers import p_number, signed
from align_tui.output.report.blocks import Block, Grid
from align_tui.output.report.conclusions import interval_notes
from align_tui.output.report.methods import MethodName
from align_tui.output.report.sections.gathered import Gathered

HOW = (
    "Each row compares one decision-maker with itself under two targets. The effect is the mean "
    "label of its choices under the first minus that under the second, from -1 to 1; the flip rate "
    "is the share of decisions that differ, in braces the questions (q) and clusters (c) on which, "
    "where these are others than those with labels. Both have 95 % intervals. p: sign-flip test "
    "over clusters, two-sided, mid-p; Holm: p adjusted for all rows."
)


def steering(gathered: Gathered) -> Block | None:
    """One row for each pair of columns that differ in the number of one target alone."""
    found = gathered.effects.steering
    if not found:
        return None
    rows = tuple(_row(gathered, each) for each in found)
    header = ("effect", "first", "second", "value", "p", "Holm", "flip rate", "questions",
              "clusters")  # fmt: skip
    clusters = [each.effect.labels.clusters for each in found if each.effect.labels is not None]
    before = [each.found.difference for each in gathered.comparisons]
    told = interval_notes([each.clusters for each in before if each is not None])
    said = (HOW, *(note for note in interval_notes(clusters) if note not in told))
    return Block("Steering effects", said, (Grid(header, rows),), uses=_uses(found))


def _row(gathered: Gathered, found: Steering) -> tuple[str, ...]:
    labels = found.effect.labels
    ends = (gathered.labels[found.high], gathered.labels[found.low])
    flips = mean_words(found.effect.flips)
    over = found.effect.flips
    if over is not None and (labels is None or labels.questions != over.questions):
        flips += f" {{{over.questions} q, {over.clusters} c}}"
    name = effect_name(found.between).replace("_", " ")
    if labels is None:
        return (name, *ends, "–", "–", "–", flips, "0", "0")
    value = f"{signed(labels.value)} [{signed(labels.low)}, {signed(labels.high)}]"
    return (
        name,
        *ends,
        value,
        p_number(labels.test.p),
        p_number(found.adjusted),
        flips,
        str(labels.questions),
        str(labels.clusters),
    )


def _uses(found: tuple[Steering, ...]) -> tuple[MethodName, ...]:
    uses: list[MethodName] = ["steering", "flips"]
    tested = [each.effect.labels for each in found if each.effect.labels is not None]
    for labels in tested:
        uses += difference_uses(labels)
    if len(tested) > 1:
        uses.append("holm")
    return tuple(dict.fromkeys(uses))


def difference_uses(found: PairedDifference) -> tuple[MethodName, ...]:
    """The methods by which a paired difference and its test were computed."""
    interval: tuple[MethodName, ...] = (
        ("newcombe",) if found.method == "wilson" else ("repeats", "clusters", "cluster difference")
    )
    if found.inverted:
        interval = (*interval, "few clusters")
    return (*interval, "sign flip", *(() if found.test.exact else ("drawn signs",)))
