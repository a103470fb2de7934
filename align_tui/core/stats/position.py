"""Position: how often the choice is taken that was shown first, and how far a place alone gets.

A model that is uncertain prefers a place: C. Zheng et al., arXiv 2309.03882 (2023); P. Pezeshkpour
and E. Hruschka, arXiv 2308.11483 (2023).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.base import ScorerEntry
from align_tui.core.stats.against_chance import right_by_chance, two_sided
from align_tui.core.stats.clusters import Asked, ClusterMean, cluster_mean
from align_tui.core.stats.rates import Rate, clustered_rate
from align_tui.core.targets import Targets

MOST_PLACES = 8
"""No more places are looked at: scenarios with more choices are rare."""
LEVEL = 0.05


@dataclass(frozen=True, slots=True)
class Placed:
    """One decision: its question and cluster, its number of choices, and where the taken one stood.

    `places` (from 0) has one item for each time that the choices were shown, at least one.
    """

    question: Hashable
    cluster: Hashable
    choices: int
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PositionRate:
    """How often the choice that was shown first was taken, over decisions whose order is known.

    `first` is the mean with its 95 % interval, None without a decision. `expected` is that of a
    chooser that sees no order: the mean of 1/choices. It is exact where orders are shuffled; with
    the scenario's own order the right choices may stand at one place, so it is a guide then.
    `by_place` has the share of each place (sum 1), at most `MOST_PLACES` of them.
    """

    decisions: int
    first: ClusterMean | None
    expected: float | None
    by_place: tuple[float, ...]

    @property
    def leaves_expected(self) -> bool:
        """Does the interval exclude the value of a chooser that sees no order?"""
        if self.first is None or self.expected is None:
            return False
        return not self.first.low <= self.expected <= self.first.high


NO_POSITION = PositionRate(0, None, None, ())


def position_rate(placed: Iterable[Placed]) -> PositionRate:
    """The rate over decisions; repeats of a question are averaged first."""
    known = list(placed)
    if not known:
        return NO_POSITION
    by_question: dict[Hashable, list[Placed]] = {}
    for each in known:
        by_question.setdefault(each.question, []).append(each)
    asked = [
        Asked(group[0].cluster, math.fsum(_share(each, 0) for each in group), len(group))
        for group in by_question.values()
    ]
    # By question too, so that it is what the mean is compared with.
    expected = [1 / group[0].choices for group in by_question.values()]
    places = min(MOST_PLACES, max(each.choices for each in known))
    by_place = tuple(
        math.fsum(
            math.fsum(_share(each, place) for each in group) / len(group)
            for group in by_question.values()
        )
        / len(by_question)
        for place in range(places)
    )
    return PositionRate(
        len(known), cluster_mean(asked), math.fsum(expected) / len(expected), by_place
    )


def _share(placed: Placed, place: int) -> float:
    return placed.places.count(place) / len(placed.places)


@dataclass(frozen=True, slots=True)
class AlwaysRate:
    """The accuracy of a chooser that always takes the choice at `place` (from 0), and chance.

    Scenarios without a choice at that place are left out. `chance` is that of a random chooser on
    the same scenarios, and `p` (0..1) the two-sided p of the test against it.
    """

    place: int
    rate: Rate
    chance: float
    p: float

    @property
    def leaves_chance(self) -> bool:
        """Does the place score further from chance than a random chooser would, at 5 %?

        Not by the interval: with few scenarios Wilson's leaves chance too easily.
        """
        return self.p < LEVEL

    @property
    def wins(self) -> bool:
        """Does it score more than chance in this sense?"""
        return self.leaves_chance and (self.rate.accuracy or 0.0) > self.chance


def always_rates(
    scenarios: Sequence[Scenario],
    targets: Targets,
    scorer: ScorerEntry,
    clusters: Sequence[Hashable] | None = None,
) -> tuple[AlwaysRate, ...]:
    """A rate for each place in the scenarios' own order, at most `MOST_PLACES`.

    `clusters` has the cluster of each scenario; None means that each is one of its own. Empty if
    the scorer does not say which choices are right, or nothing is scored.
    """
    if scorer.right_choices is None:
        return ()
    of = range(len(scenarios)) if clusters is None else clusters
    scored = [
        (cluster, right, len(scenario.choices))
        for cluster, scenario in zip(of, scenarios, strict=True)
        if scenario.asks == "choice"
        and (right := scorer.right_choices(scenario, targets)) is not None
    ]
    most = max((choices for *_, choices in scored), default=0)
    found = []
    for place in range(min(most, MOST_PLACES)):
        there = [each for each in scored if place < each[2]]
        rate = clustered_rate(Asked(cluster, place in right, 1) for cluster, right, _ in there)
        chances = [(cluster, len(right) / choices) for cluster, right, choices in there]
        by_chance = math.fsum(p for _, p in chances) / len(chances)
        p = two_sided(rate.correct, right_by_chance(chances))
        found.append(AlwaysRate(place, rate, by_chance, p))
    return tuple(found)
