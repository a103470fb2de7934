"""The numbers of one column under one target that stand beside its accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from align_tui.core.columns import Column, Outcome
from align_tui.core.families import clustering
from align_tui.core.scorers.labels import discriminates
from align_tui.core.stats.against_chance import AgainstChance, against_chance
from align_tui.core.stats.chance import ChanceSums
from align_tui.core.stats.clusters import Asked, ClusterMean, cluster_mean
from align_tui.core.stats.rates import Rate, clustered_rate
from align_tui.core.stats.spread import Bounds, Spread, Unsure, failure_bounds, spread_of
from align_tui.core.targets import Targets

Probabilities = Mapping[int, Sequence[float]]
"""By sample, the probability of each choice, in the scenario's order."""


@dataclass(frozen=True, slots=True)
class ColumnNumbers:
    """`rate` is the accuracy, and `asked` has its questions.

    `expected` is the mean probability of the right choices, over the scored decisions that have
    probabilities. `by_chance` is the accuracy of a uniform chooser on the same questions, and
    `chance` the test against it. `bounds` is what failures could change, `spread` the accuracies
    of repeats. Each is None where there is nothing to tell.
    """

    rate: Rate
    asked: tuple[Asked, ...]
    expected: ClusterMean | None
    by_chance: float | None
    chance: AgainstChance | None
    bounds: Bounds | None
    spread: Spread | None


@dataclass(frozen=True, slots=True)
class _Question:
    """One scored scenario of the column with its outcomes by repeat, and the right choices."""

    cluster: int
    outcomes: tuple[tuple[int, Outcome], ...]
    right: tuple[bool | None, ...]
    right_choices: frozenset[int] | None
    choices: int

    @property
    def values(self) -> list[float]:
        return [float(value) for value in self.right if value is not None]


def column_numbers(
    column: Column,
    targets: Targets,
    probabilities: Probabilities,
    *,
    discriminating: bool = False,
) -> ColumnNumbers:
    """Compute all numbers over the column's scored scenarios, or the discriminating ones."""
    questions = _questions(column, targets, discriminating=discriminating)
    asked = tuple(Asked(each.cluster, sum(each.values), len(each.values)) for each in questions)
    chances = [
        len(each.right_choices) / each.choices if each.right_choices is not None else None
        for each in questions
    ]
    known = [chance for chance in chances if chance is not None]
    by_chance = ChanceSums()
    for each, asked_of in zip(questions, asked, strict=True):
        if asked_of.times and each.right_choices is not None:
            by_chance.change((len(each.right_choices), each.choices), 1)
    return ColumnNumbers(
        rate=clustered_rate(asked),
        asked=asked,
        expected=cluster_mean(_likely(each, probabilities) for each in questions),
        by_chance=by_chance.mean(),
        chance=against_chance(asked, known) if len(known) == len(questions) else None,
        # A judge's scores are stored, and not known here: its decided samples would be missing.
        bounds=None
        if column.scorer.is_async
        else failure_bounds(_unsure(each) for each in questions),
        spread=spread_of(_by_repeat(questions)),
    )


def _questions(column: Column, targets: Targets, *, discriminating: bool) -> list[_Question]:
    scorer = column.scorer
    independent = column.clustering or clustering(column.scenarios)
    alone = independent.rule == "none"
    outcomes: dict[int, list[tuple[int, Outcome]]] = {}
    for (place, repeat), outcome in sorted(column.outcomes.items(), key=lambda each: each[0]):
        outcomes.setdefault(place, []).append((repeat, outcome))
    found: list[_Question] = []
    for place, all_of in outcomes.items():
        scenario = column.scenarios[place]
        if discriminating and not discriminates(scorer, scenario, targets):
            continue
        right = scorer.right_choices(scenario, targets) if scorer.right_choices else None
        if right is None and (scorer.right_choices or not scorer.has_labels(scenario, targets)):
            continue
        # By the rule `none` every decision is a question and a cluster of its own.
        parts = [[each] for each in all_of] if alone else [all_of]
        for part in parts:
            marks = tuple(
                None
                if outcome.choice is None
                else outcome.choice in right
                if right is not None
                else scorer.is_correct(outcome.choice, scenario, targets)
                for _, outcome in part
            )
            cluster = len(found) if alone else independent.of[place]
            found.append(_Question(cluster, tuple(part), marks, right, len(scenario.choices)))
    return found


def _likely(question: _Question, probabilities: Probabilities) -> Asked:
    """The probabilities of the right choices; without these, a question asked 0 times."""
    sums = []
    for (_, outcome), mark in zip(question.outcomes, question.right, strict=True):
        given = probabilities.get(outcome.sample, ())
        if mark is None or question.right_choices is None or len(given) != question.choices:
            continue
        sums.append(min(1.0, sum(given[choice] for choice in question.right_choices)))
    return Asked(question.cluster, sum(sums), len(sums))


def _unsure(question: _Question) -> Unsure:
    failed = sum(outcome.failed for _, outcome in question.outcomes)
    values = question.values
    return Unsure(question.cluster, sum(values), len(values), failed)


def _by_repeat(questions: Sequence[_Question]) -> list[float]:
    """The accuracy of each repeat over the questions that were scored in it."""
    found: dict[int, list[bool]] = {}
    for question in questions:
        for (repeat, _), mark in zip(question.outcomes, question.right, strict=True):
            if mark is not None:
                found.setdefault(repeat, []).append(mark)
    return [sum(marks) / len(marks) for _, marks in sorted(found.items())]
