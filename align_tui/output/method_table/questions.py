"""The questions of several runs: which are the same, and which belong to one cluster."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from align_tui.config.study import Study
from align_tui.core.families import Clustering, clustering, family_of, grouped, joined
from align_tui.core.stats.chance import ChanceSums, Odds
from align_tui.core.stats.clusters import Asked
from align_tui.core.stats.macro import Mean, correlations_of, mean_of
from align_tui.core.stats.question_sums import QuestionSums
from align_tui.core.stats.rates import Rate

Cell = dict[int, tuple[int, int]]
"""By question: (scored decisions, right ones)."""


def add(cell: Cell, question: int, times: int, right: int) -> None:
    """Add decisions on a question."""
    before, were = cell.get(question, (0, 0))
    cell[question] = before + times, were + right


def merged(one: Cell, other: Cell) -> Cell:
    """The decisions of both."""
    out = dict(one)
    for question, (times, right) in other.items():
        add(out, question, times, right)
    return out


class Questions:
    """The questions of runs, numbered: equal scenarios of two runs are one question.

    Of scenarios that one run has several times, the first of another run is the same as its first.
    The rule of what is independent is the first run's.
    """

    def __init__(self, studies: Sequence[Study]) -> None:
        numbers: dict[tuple[str, int], int] = {}
        names: list[set[Hashable]] = []
        self._places: list[list[int]] = []
        rule = studies[0].cluster if studies else Clustering().rule
        for run, study in enumerate(studies):
            seen: dict[str, int] = {}
            places: list[int] = []
            of = clustering(study.scenarios, rule).of
            for scenario, cluster in zip(study.scenarios, of, strict=True):
                digest = scenario.hash
                ordinal = seen[digest] = seen.get(digest, -1) + 1
                number = numbers.setdefault((digest, ordinal), len(names))
                if number == len(names):
                    names.append(set())
                names[number] |= {("cluster", run, cluster), ("seen", scenario.seen_hash)}
                if rule == "family" and (family := family_of(scenario)):
                    names[number].add(("family", family))
                places.append(number)
            self._places.append(places)
        of = tuple(range(len(names))) if rule == "none" else joined(names)
        self._clustering = grouped(of, rule)

    def question(self, run: int, scenario: int) -> int:
        """The number of a run's scenario (indices from 0)."""
        return self._places[run][scenario]

    @property
    def counts_decisions(self) -> bool:
        """Does every decision count for itself, and not every question once?"""
        return self._clustering.rule == "none"

    def rate(self, cell: Cell) -> Rate:
        """The accuracy over the questions of the cell."""
        sums = QuestionSums(self._clustering, max((n for n, _ in cell.values()), default=1))
        for question, (times, right) in cell.items():
            sums.change(question, right, times)
        return sums.rate()

    def mean(self, cells: Sequence[Cell]) -> Mean | None:
        """The mean of the cells' accuracies, each counted once; None if nothing is scored.

        Its interval allows for clusters that are in several cells.
        """
        return mean_of(
            [self.rate(cell) for cell in cells],
            correlations_of([self._asked(cell) for cell in cells]),
        )

    def _asked(self, cell: Cell) -> list[Asked]:
        of = self._clustering.of
        return [Asked(of[question], right, times) for question, (times, right) in cell.items()]


class ChanceCell:
    """Chance on the questions that several rows count, each question once.

    Where every decision counts for itself, each decision of each row counts.
    """

    def __init__(self, questions: Questions) -> None:
        self._each = questions.counts_decisions
        self._seen: set[int] = set()
        self._sums = ChanceSums()

    def add(self, question: int, odds: Odds | None, times: int) -> None:
        """Add `times` scored decisions on a question."""
        if self._each:
            self._sums.change(odds, times)
        elif question not in self._seen:
            self._seen.add(question)
            self._sums.change(odds, 1)

    def mean(self) -> float | None:
        """The accuracy (0..1) of a uniform chooser; None if no choices are right as such."""
        return self._sums.mean()
