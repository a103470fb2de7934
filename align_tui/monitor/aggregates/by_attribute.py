"""Accuracy by attribute: each attribute of each target by itself, on scenarios that label it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from align_tui.core.scorers.labels import discriminates
from align_tui.core.stats.question_sums import QuestionSums
from align_tui.core.targets import Target, target_id
from align_tui.monitor.overview import AttributeRate

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
        self._known: dict[tuple[int, Target, int], tuple[bool | None, bool]] = {}
        self.clear()

    def clear(self) -> None:
        """Forget every decision, but keep which choices are right."""
        self._sums: dict[tuple[int, Target], tuple[QuestionSums, QuestionSums]] = {}

    def change(self, scenario: int, profile: int, choice: int, by: int) -> None:
        """Add (`by` 1) or remove (-1) a decision."""
        for target in self._parts[profile]:
            correct, discriminating = self._score(scenario, target, choice)
            if correct is None:
                continue
            sums = self._sums.get((profile, target))
            if sums is None:
                sums = self._sums[profile, target] = self._new_sums(), self._new_sums()
            sums[0].change(scenario, by * correct, by)
            if discriminating:
                sums[1].change(scenario, by * correct, by)

    def _score(self, scenario: int, target: Target, choice: int) -> tuple[bool | None, bool]:
        key = (scenario, target, choice)
        found = self._known.get(key)
        if found is None:
            shown, alone = self._study.scenarios[scenario], (target,)
            correct = self._study.scorer.is_correct(choice, shown, alone)
            found = self._known[key] = (correct, discriminates(self._study.scorer, shown, alone))
        return found

    def rates(self, tallies: Iterable[Tally]) -> tuple[AttributeRate, ...]:
        """The accuracies by profile, in the order of its targets, without unscored attributes."""
        whole = {(tally.profile, tally.target): tally for tally in tallies}
        out = []
        for profile, targets in enumerate(self._targets):
            for target in targets:
                tally = whole.get((profile, target_id((target,))))
                if tally is not None:
                    out.append(AttributeRate(profile, target, tally.all, tally.discriminating))
                sums = self._sums.get((profile, target))
                if sums is not None and sums[0].decisions:
                    out.append(AttributeRate(profile, target, sums[0].rate(), sums[1].rate()))
        return tuple(out)
