"""Accuracy by attribute: each attribute of each target by itself, on scenarios that label it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from align_tui.core.scorers.labels import discriminates
from align_tui.core.stats.chance import Odds, SumsWithChance, odds_of
from align_tui.core.stats.question_sums import QuestionSums
from align_tui.core.targets import Target, target_id
from align_tui.monitor.overview import AttributeRate, Chances

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.store.results import Tally


class AttributeCounts:
    """Counts the attributes of targets with several; the tallies have those of the others.

    One decision changes a count for each such attribute of its profile's targets.
    """

    def __init__(self, study: Study, new_sums: Callable[[], QuestionSums]) -> None:
        self._study, self._new_sums = study, new_sums
        self._targets: list[tuple[Target, ...]] = []  # by profile: all, each once
        self._parts: list[tuple[Target, ...]] = []  # by profile: those that are not alone
        for profile in study.profiles:
            scored = study.scoring_targets(profile)
            alone = {targets[0] for targets in scored if len(targets) == 1}
            every = dict.fromkeys(each for targets in scored for each in targets)
            self._targets.append(tuple(every))
            self._parts.append(tuple(each for each in every if each not in alone))
        self._known: dict[tuple[int, Target, int], tuple[bool | None, bool, Odds | None]] = {}
        self.clear()

    def clear(self) -> None:
        """Forget every decision, but keep which choices are right."""
        self._sums: dict[tuple[int, Target], tuple[SumsWithChance, SumsWithChance]] = {}

    def change(self, scenario: int, profile: int, choice: int, by: int) -> None:
        """Add (`by` 1) or remove (-1) a decision."""
        for target in self._parts[profile]:
            correct, discriminating, odds = self._score(scenario, target, choice)
            if correct is None:
                continue
            sums = self._sums.get((profile, target))
            if sums is None:
                sums = self._sums[profile, target] = (
                    SumsWithChance(self._new_sums()),
                    SumsWithChance(self._new_sums()),
                )
            sums[0].change(scenario, by * correct, by, odds)
            if discriminating:
                sums[1].change(scenario, by * correct, by, odds)

    def _score(
        self, scenario: int, target: Target, choice: int
    ) -> tuple[bool | None, bool, Odds | None]:
        key = (scenario, target, choice)
        found = self._known.get(key)
        if found is None:
            shown, alone = self._study.scenarios[scenario], (target,)
            scorer = self._study.scorer
            found = self._known[key] = (
                scorer.is_correct(choice, shown, alone),
                discriminates(scorer, shown, alone),
                odds_of(scorer, shown, alone),
            )
        return found

    def rates(self, tallies: Iterable[Tally], chances: Chances) -> tuple[AttributeRate, ...]:
        """The accuracies by profile, in the order of its targets, without unscored attributes."""
        whole = {(tally.profile, tally.target): tally for tally in tallies}
        out = []
        for profile, targets in enumerate(self._targets):
            for target in targets:
                tally = whole.get((profile, target_id((target,))))
                if tally is not None:
                    by_chance = chances.get((profile, tally.target), (None, None))
                    out.append(
                        AttributeRate(profile, target, tally.all, tally.discriminating, by_chance)
                    )
                sums = self._sums.get((profile, target))
                if sums is not None and sums[0].sums.decisions:
                    rates = sums[0].sums.rate(), sums[1].sums.rate()
                    by_chance = sums[0].chance(), sums[1].chance()
                    out.append(AttributeRate(profile, target, *rates, by_chance))
        return tuple(out)
