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
from align_tui.core.stats.clusters import Asked, ClusterMean, cluster_mean
from align_tui.core.stats.rates import Rate, chance, make_rate
from align_tui.core.targets import Targets

MOST_PLACES = 8
"""No more places are looked at: scenarios with more choices are rare."""


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
        """Does the interval leave what a chooser has that sees no order?"""
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
    the same scenarios.
    """

    place: int
    rate: Rate
    chance: float | None

    @property
    def leaves_chance(self) -> bool:
        """Does the place score further from chance than a random chooser would?

        By the exact binomial test at 5 %, half of it on either side: with few scenarios Wilson's
        interval leaves chance too easily.
        """
        if self.chance is None or not self.rate.scored:
            return False
        right, scored = self.rate.correct, self.rate.scored
        return min(_tail(right, scored, self.chance), _at_most(right, scored, self.chance)) < 0.025

    @property
    def wins(self) -> bool:
        """Does it score more than chance in this sense?"""
        accuracy, by_chance = self.rate.accuracy, self.chance
        above = accuracy is not None and by_chance is not None and accuracy > by_chance
        return above and self.leaves_chance


def _tail(right: int, scored: int, p: float) -> float:
    """The probability of `right` or more successes among `scored`, each of probability `p`."""
    return math.fsum(
        math.comb(scored, k) * p**k * (1 - p) ** (scored - k) for k in range(right, scored + 1)
    )


def _at_most(right: int, scored: int, p: float) -> float:
    return _tail(scored - right, scored, 1 - p)


def always_rates(
    scenarios: Sequence[Scenario], targets: Targets, scorer: ScorerEntry
) -> tuple[AlwaysRate, ...]:
    """A rate for each place in the scenarios' own order, at most `MOST_PLACES`.

    Empty if the scorer does not say which choices are right, or nothing is scored.
    """
    if scorer.right_choices is None:
        return ()
    scored = [
        (scenario, right)
        for scenario in scenarios
        if scenario.asks == "choice"
        and (right := scorer.right_choices(scenario, targets)) is not None
    ]
    most = max((len(scenario.choices) for scenario, _ in scored), default=0)
    found = []
    for place in range(min(most, MOST_PLACES)):
        there = [(scenario, right) for scenario, right in scored if place < len(scenario.choices)]
        rate = make_rate(sum(place in right for _, right in there), len(there))
        by_chance = chance([scenario for scenario, _ in there], targets, scorer)
        found.append(AlwaysRate(place, rate, by_chance))
    return tuple(found)
