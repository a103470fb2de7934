"""Which columns are one decision-maker steered high and low, and how far its decisions move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from align_tui.core.columns import Column, Paired, PairedRow, pair_up
from align_tui.core.scorers.labels import discriminates
from align_tui.core.stats.effects import Steered, SteeringEffect, steering_effect
from align_tui.core.stats.paired import holm
from align_tui.core.targets import Target, Targets, target_id

NOT_SETTINGS = ("target.", "study.", "version.")
"""Beginnings of settings that do not tell decision-makers apart: targets, run and versions."""
IGNORED = ("description", "target")


@dataclass(frozen=True, slots=True)
class Opposed:
    """Two lists of targets that differ in the number of one attribute alone.

    `low` and `high` are its numbers (0..1, low < high). `swapped`: the first list has the high one.
    """

    attribute: str
    low: float
    high: float
    swapped: bool


@dataclass(frozen=True, slots=True)
class Steering:
    """The steering effect between the columns `low` and `high` (indices from 0).

    `adjusted` is its p after Holm over all effects that are shown with it; None without a p.
    """

    low: int
    high: int
    between: Opposed
    effect: SteeringEffect
    adjusted: float | None = None

    @property
    def p(self) -> float | None:
        """The p (0..1) of the effect on labels; None if no question has labels."""
        return None if self.effect.labels is None else self.effect.labels.test.p


def opposed(one: Targets, other: Targets) -> Opposed | None:
    """How two lists of targets differ; None if they differ in no number, or in more than one."""
    first, second = (_by_attribute(targets) for targets in (one, other))
    if not first or set(first) != set(second):
        return None
    moved = [name for name, target in first.items() if target.key != second[name].key]
    if len(moved) != 1:
        return None
    a, b = first[moved[0]], second[moved[0]]
    if a.number is None or b.number is None or a.number == b.number or a.weight != b.weight:
        return None
    low, high = sorted((a.number, b.number))
    return Opposed(moved[0], low, high, a.number > b.number)


def _by_attribute(targets: Targets) -> dict[str, Target]:
    return {target.attribute: target for target in targets}


def differently_aimed(one: Targets, other: Targets) -> bool:
    """Do both have targets, and different ones? Then their accuracies measure different things."""
    return (
        bool(one)
        and bool(other)
        and set(target_id(one).split("+")) != set(target_id(other).split("+"))
    )


def steering_between(
    paired: Paired, a: int, b: int, *, discriminating: bool = False
) -> Steering | None:
    """The effect between two columns of `paired`; None if their targets are not `opposed`.

    With `discriminating` it is over the questions whose choices differ in the labels compared.
    """
    between = opposed(paired.columns[a].targets, paired.columns[b].targets)
    if between is None:
        return None
    low, high = (b, a) if between.swapped else (a, b)
    kept = [
        row
        for row in paired.rows
        if not discriminating
        or all(
            discriminates(of.scorer, row.scenario, of.targets)
            for of in (paired.columns[low], paired.columns[high])
        )
    ]
    paired = replace(paired, rows=tuple(kept))
    questions = steered_questions(paired, low, high, between.attribute)
    ends = _label_ends(paired, between.attribute)
    return Steering(low, high, between, steering_effect(questions, ends))


def _label_ends(paired: Paired, attribute: str) -> tuple[float, float]:
    """The least and the greatest label of the attribute in the shared scenarios."""
    labels = [
        choice.labels[attribute]
        for row in paired.rows
        for choice in row.scenario.choices
        if attribute in choice.labels
    ]
    return (min(labels), max(labels)) if labels else (0.0, 1.0)


def steering_effects(columns: Sequence[Column]) -> tuple[Steering, ...]:
    """The effects of all `steering_pairs`, with p adjusted for their number."""
    found = []
    for low, high in steering_pairs(columns):
        each = steering_between(pair_up([columns[low], columns[high]]), 0, 1)
        if each is not None and each.effect.flips is not None:
            found.append(Steering(low, high, each.between, each.effect))
    known = [p for each in found if (p := each.p) is not None]
    left = iter(holm(known))
    return tuple(
        Steering(each.low, each.high, each.between, each.effect,
                 None if each.p is None else next(left))
        for each in found
    )  # fmt: skip


def steering_pairs(columns: Sequence[Column]) -> tuple[tuple[int, int], ...]:
    """(low, high) of the columns that differ in the number of one attribute's target alone.

    Of several numbers, the lowest is beside the highest. Columns of one run come before those
    of two; the name, the run and versions of packages make no difference.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, column in enumerate(columns):
        for target in column.targets:
            if target.number is not None:
                groups.setdefault(_method(column, target), []).append(index)
    found: dict[tuple[int, int], None] = {}
    for (attribute, *_), group in groups.items():

        def number(index: int, name: object = attribute) -> float:
            own = _by_attribute(columns[index].targets)[str(name)]
            return own.number or 0.0

        for low, high in _ends_of(columns, group, [number(index) for index in group]):
            found[low, high] = None
    return tuple(found)


def _ends_of(
    columns: Sequence[Column], group: Sequence[int], numbers: Sequence[float]
) -> Iterator[tuple[int, int]]:
    """The lowest and the highest of each run that has both, or else of all runs together."""
    of = dict(zip(group, numbers, strict=True))
    runs = dict.fromkeys(columns[index].run for index in group)
    alone = [[index for index in group if columns[index].run == run] for run in runs]
    own = [each for each in alone if len({of[index] for index in each}) > 1]
    for each in own or [list(group)]:
        low, high = min(each, key=of.__getitem__), max(each, key=of.__getitem__)
        if of[low] < of[high]:
            yield low, high


def _method(column: Column, target: Target) -> tuple[object, ...]:
    """Equal for columns that may differ in that target's number alone."""
    others = sorted(each.key for each in column.targets if each is not target)
    return target.attribute, target.weight, tuple(others), method_of(column)


def method_of(column: Column) -> tuple[tuple[str, str], ...]:
    """The settings by which decision-makers differ: all but name, targets, run and versions."""
    return tuple(
        sorted(
            (name, value)
            for name, value in column.settings.items()
            if name not in IGNORED and not name.startswith(NOT_SETTINGS)
        )
    )


def steered_questions(paired: Paired, low: int, high: int, attribute: str) -> list[Steered]:
    """The questions that both columns decided, with the labels of what they chose.

    By the rule `none` every pair of decisions is a question, and a cluster of its own.
    """
    alone = paired.clustering.rule == "none"
    asked: dict[tuple[int, int], list[PairedRow]] = {}
    for row in paired.rows:
        if row.choices[low] is not None and row.choices[high] is not None:
            asked.setdefault((row.question, row.repeat if alone else 0), []).append(row)
    return [
        _steered(number if alone else paired.clustering.of[question], rows, low, high, attribute)
        for number, ((question, _), rows) in enumerate(asked.items())
    ]


def _steered(
    cluster: int, rows: Sequence[PairedRow], low: int, high: int, attribute: str
) -> Steered:
    labelled = [
        (first, second)
        for row in rows
        if (first := _label(row, low, attribute)) is not None
        and (second := _label(row, high, attribute)) is not None
    ]
    return Steered(
        cluster,
        sum(first for first, _ in labelled),
        sum(second for _, second in labelled),
        len(labelled),
        sum(row.choices[low] != row.choices[high] for row in rows),
        len(rows),
    )


def _label(row: PairedRow, column: int, attribute: str) -> float | None:
    choice = row.choices[column]
    assert choice is not None  # only decided rows are asked
    return row.scenario.choices[choice].labels.get(attribute)
