"""The appendix's numbers that stand beside an accuracy: chance, probabilities, failures, seeds."""

from __future__ import annotations

from align_tui.core.column_numbers import ColumnNumbers
from align_tui.core.targets import Targets, target_id
from align_tui.output.effects import bounds_words, mean_words, spread_words
from align_tui.output.numbers import p_number, point
from align_tui.output.report.blocks import Block, Grid
from align_tui.output.report.methods import MethodName
from align_tui.output.report.sections.gathered import Gathered
from align_tui.output.report.target_words import target_words

HOW = (
    "Accuracy: the share of right decisions, as a mean over questions, with its 95 % interval. "
    "Chance: the accuracy that a uniform chooser expects on the same questions. p: how often such "
    "a chooser is right at least as often; Holm: p adjusted for all rows. Expected: the mean "
    "probability of the right choices with its 95 % interval, where the model gave probabilities. "
    "Failures: the accuracy if every failed sample were wrong, and if it were right. Repeats: the "
    "range of their accuracies, and their standard deviation. A dash: there is nothing to tell."
)


def beside_accuracy(gathered: Gathered) -> Block | None:
    """One row for each column and target that it is scored against."""
    rows = []
    uses: dict[MethodName, None] = {}
    for index, column in enumerate(gathered.effects.columns):
        for targets in column.under:
            found = gathered.effects.numbers[index, target_id(targets)]
            if found.rate.scored or found.bounds is not None:
                rows.append(_row(gathered, index, targets, found))
                uses |= dict.fromkeys(_uses(found))
    if not rows:
        return None
    if len(gathered.effects.chance_adjusted) > 1:
        uses["holm"] = None
    header = ("target", "profile", "accuracy", "questions", "clusters", "chance", "p", "Holm",
              "expected", "failures", "repeats")  # fmt: skip
    return Block("Accuracies", (HOW,), (Grid(header, tuple(rows)),), uses=tuple(uses))


def _row(gathered: Gathered, index: int, targets: Targets, found: ColumnNumbers) -> tuple[str, ...]:
    rate, chance = found.rate, found.chance
    adjusted = gathered.effects.chance_adjusted.get((index, target_id(targets)))
    return (
        target_words(targets),
        gathered.labels[index],
        f"{point(rate.accuracy)} [{point(rate.low)}, {point(rate.high)}]" if rate.scored else "–",
        str(rate.questions),
        str(rate.clusters),
        point(found.by_chance),
        p_number(chance.p if chance is not None else None),
        p_number(adjusted),
        mean_words(found.expected),
        bounds_words(found.bounds),
        spread_words(found.spread),
    )


def _uses(found: ColumnNumbers) -> list[MethodName]:
    uses: list[MethodName] = []
    means = [found.rate.method, found.expected.method if found.expected is not None else "none"]
    if found.rate.scored > found.rate.questions:
        uses.append("repeats")
    if "wilson" in means:
        uses.append("wilson")
    if "cluster" in means or "one cluster" in means:
        uses.append("clusters")
    if found.expected is not None:
        uses.append("expected")
    if found.chance is not None:
        uses += ["chance"] if found.chance.exact else ["chance", "chance in clusters"]
    if found.bounds is not None:
        uses.append("bounds")
    if found.spread is not None:
        uses.append("spread")
    return uses
