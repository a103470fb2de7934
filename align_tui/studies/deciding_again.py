"""Decide a study's stored decisions anew by other votes or rankings; pure, and without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from align_tui.config.alignment import alignment_function, params_of
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.again import (
    as_shown,
    in_own_order,
    is_by_ranking,
    is_by_votes,
    reranked,
    revoted,
)
from align_tui.core.alignment.history import history_of
from align_tui.core.alignment.ranking import AlignmentFunction, History
from align_tui.core.alignment.registry import FUNCTIONS
from align_tui.core.choice_order import permuted, reversed_order, shuffled_order
from align_tui.core.decisions import Decision
from align_tui.core.errors import AlignError, ConfigError
from align_tui.core.halves import averaged_anew
from align_tui.core.scenarios import Scenario
from align_tui.core.seeds import SeedRule, sample_seed, seed_hash
from align_tui.core.text.plurals import counted
from align_tui.studies.rescoring import RescoredStudy, only_positive_of
from align_tui.studies.turns import Place, earlier, turns

Order: TypeAlias = tuple[int, ...] | None
"""The order in which the choices were shown, as indices; None for the scenario's own."""
MEAN_ONLY = "the run keeps only the mean of the two orders of the choices"


@dataclass
class Again:
    """The new decisions by sample, and (kind, message) of those that failed.

    `different` are the samples with another choice than before. Decisions that stay as they were
    are in none of them. `refused` are the profiles of which no decision could be made anew: they
    stay as they were.
    """

    decisions: dict[int, Decision] = field(default_factory=dict)
    errors: dict[int, tuple[str, str]] = field(default_factory=dict)
    different: set[int] = field(default_factory=set)
    notes: tuple[str, ...] = ()
    refused: frozenset[int] = frozenset()


def decide_again(
    before: Study,
    made: RescoredStudy,
    places: Mapping[int, Place],
    decisions: Mapping[int, Decision],
    seed_rule: SeedRule,
) -> Again:
    """Vote and rank anew where the study `made` changed its profiles.

    `places` has the place of each ended sample, and `decisions` those that did not fail. Raises
    ConfigError if no decision of any changed profile can be made anew.
    """
    again = Again()
    notes: list[str] = []
    refusals: dict[int, ConfigError] = {}
    for profile in sorted(made.revoted | made.reranked):
        samples = [each for each, place in places.items() if place[1] == profile]
        samples = [each for each in samples if each in decisions]
        try:
            if profile in made.revoted:
                votes = _Votes(before, made.study, profile, places, seed_rule)
                notes += votes.all(samples, decisions, again)
            if profile in made.reranked:
                ranks = _Ranks(made.study, profile, places, decisions, seed_rule, again)
                notes += ranks.all(samples)
        except ConfigError as error:
            refusals[profile] = error
            for sample in samples:
                again.decisions.pop(sample, None)
    if refusals and len(refusals) == len(made.revoted | made.reranked):
        raise next(iter(refusals.values()))
    notes += [f"{each.message}; it stays as it was." for each in refusals.values()]
    again.refused = frozenset(refusals)
    again.different |= {
        sample
        for sample, decision in again.decisions.items()
        if decision.choice != decisions[sample].choice
    }
    again.notes = tuple(notes)
    return again


class _Sample:
    """One profile's samples: their seeds, and what was decided in which order of the choices."""

    def __init__(
        self, study: Study, index: int, places: Mapping[int, Place], seed_rule: SeedRule
    ) -> None:
        self.study, self.index, self.places = study, index, places
        self._rule: SeedRule = seed_rule

    @property
    def profile(self) -> Profile:
        """The profile, as it is changed."""
        return self.study.profiles[self.index]

    def scenario(self, sample: int) -> Scenario:
        """The sample's scenario."""
        return self.study.scenarios[self.places[sample][0]]

    def seed(self, sample: int) -> int:
        """The sample's seed."""
        seen = seed_hash(self.scenario(sample), self._rule)
        return sample_seed(self.profile.decoding.seed, seen, self.places[sample][2])

    def parts(self, sample: int, decision: Decision) -> tuple[tuple[Decision, Order], ...]:
        """What was decided in one order of the choices, with the order that decides ties.

        Two for a decision that is the mean of two orders; none if only their mean is stored.
        """
        scenario = self.scenario(sample)
        setting, count = self.profile.choice_order, len(scenario.choices)
        if setting == "given" or scenario.asks != "choice" or count < 2:
            return ((decision, None),)
        if setting == "shuffled":
            return ((decision, shuffled_order(self.seed(sample), count)),)
        if len(decision.halves) != 2:
            return ()
        given, turned = decision.halves
        return (given, None), (turned, reversed_order(count))

    def joined(self, sample: int, before: Decision, made: Sequence[Decision]) -> Decision:
        """The decision of the parts that were made anew; two of them are averaged as in a run."""
        if len(made) == 1:
            return made[0]
        choices = len(self.scenario(sample).choices)
        return averaged_anew(before, made, choices, self.seed(sample))

    def keeps_means(self, samples: Sequence[int], decisions: Mapping[int, Decision]) -> bool:
        """Is nothing but the mean of two orders stored, as earlier versions did?"""
        return any(not self.parts(each, decisions[each]) for each in samples)


class _Votes(_Sample):
    """Counts the votes of one profile's decisions anew."""

    def __init__(
        self,
        before: Study,
        study: Study,
        index: int,
        places: Mapping[int, Place],
        seed_rule: SeedRule,
    ) -> None:
        super().__init__(study, index, places, seed_rule)
        self._was = bool(only_positive_of(before.profiles[index]))
        self._now = bool(only_positive_of(study.profiles[index]))

    def all(
        self, samples: Sequence[int], decisions: Mapping[int, Decision], again: Again
    ) -> list[str]:
        """Count those of all `samples`; notes on decisions that stay as they were."""
        kept = 0
        for sample in samples:
            parts = self.parts(sample, decisions[sample])
            made = [self._vote(sample, part, order) for part, order in parts]
            voted = [each for each in made if each is not None]
            if voted and len(voted) == len(parts):
                again.decisions[sample] = self.joined(sample, decisions[sample], voted)
            else:
                kept += 1
        why = "the stored replies do not give them by votes"
        if kept and self.keeps_means(samples, decisions):
            why = MEAN_ONLY
        if samples and kept == len(samples):
            raise ConfigError(
                f"profile {self.profile.name}: its stored replies do not lead to its decisions, so "
                f"its votes cannot be counted anew{_told(why)}",
                "Start a new run with the other setting: --set adm.only_positive=true.",
            )
        return _kept(self.profile.name, kept, why)

    def _vote(self, sample: int, part: Decision, order: Order) -> Decision | None:
        """Count the votes of what was decided in one order; None if they do not give it."""
        before = as_shown(part, order)
        count = len(self.scenario(sample).choices)
        if not is_by_votes(before, count, only_positive=self._was):
            return None
        made = revoted(before, count, only_positive=self._now)
        # Shuffled samples of a style have an order of their own each (adms/styled.py).
        profile = self.profile
        shuffles = profile.choice_order == "shuffled" and profile.adm.traits.order_by_style
        alone = not (shuffles and len(before.responses) > 1)
        return in_own_order(made, part, order, alone=alone)


def _told(why: str) -> str:
    return f": {why}" if why == MEAN_ONLY else ""


def _kept(name: str, count: int, why: str) -> list[str]:
    decisions = counted(count, "decision")
    return [f"{name}: {decisions} unchanged, because {why}."] if count else []


class _Ranks(_Sample):
    """Ranks the decisions of one profile, in the order of their turns."""

    def __init__(
        self,
        study: Study,
        index: int,
        places: Mapping[int, Place],
        decisions: Mapping[int, Decision],
        seed_rule: SeedRule,
        again: Again,
    ) -> None:
        super().__init__(study, index, places, seed_rule)
        self._before, self._again = decisions, again
        self._samples = {place: sample for sample, place in places.items()}
        self._lacks = 0
        profile = self.profile
        self._params = params_of(profile.alignment, **profile.adm.alignment_changes)
        self._entry = FUNCTIONS.get(self._params.function)
        self._function: AlignmentFunction = alignment_function(self._params)

    def all(self, samples: Sequence[int]) -> list[str]:
        """Rank all of `samples`; notes on those that stay as they were."""
        why = MEAN_ONLY if self.keeps_means(samples, self._before) else ""
        if samples and not any(map(self._is_ranked, samples)):
            raise ConfigError(
                f"profile {self.profile.name}: its decisions have no stored predictions that "
                f"{self._params.function} could rank{_told(why)}",
                "Start a new run with the other function: --set alignment.function=NAME.",
            )
        order = turns(self.study, self.index)
        kept = 0
        for sample in sorted(
            samples, key=lambda each: order[self.places[each][0]].place if order else 0
        ):
            if not self._is_ranked(sample):
                kept += 1
                continue
            try:
                self._again.decisions[sample] = self._rank(sample)
            except AlignError as error:
                self._again.errors[sample] = (error.kind, error.message)
        name = self.profile.name
        notes = _kept(name, kept, why or "they are not the result of a ranking")
        if self._lacks:
            some = counted(self._lacks, "decision")
            notes.append(f"{name}: for {some} the run lacks some of the earlier decisions.")
        return notes

    def _is_ranked(self, sample: int) -> bool:
        parts = self.parts(sample, self._before[sample])
        return bool(parts) and all(is_by_ranking(part) for part, _ in parts)

    def _rank(self, sample: int) -> Decision:
        stored = self._again.decisions.get(sample, self._before[sample])
        made = [self._rank_part(sample, *part) for part in self.parts(sample, stored)]
        return self.joined(sample, stored, made)

    def _rank_part(self, sample: int, stored: Decision, order: Order) -> Decision:
        scenario, profile = self.scenario(sample), self.profile
        if stored.predictions is None or len(stored.predictions) != len(scenario.choices):
            raise ConfigError("The decision's predictions are not those of the scenario's choices")
        decision = as_shown(stored, order)
        assert decision.predictions is not None
        inputs = profile.adm.ranked(
            decision.predictions,
            decision.relevance,
            scenario if order is None else permuted(scenario, order),
            profile.target,
            needs_relevance=self._entry.needs_relevance,
        )
        made = reranked(
            decision,
            self._function,
            self._params.function,
            profile.target,
            inputs.kept,
            inputs.relevance,
            self._history(self.places[sample][0], self.places[sample][2]),
            self.seed(sample),
            by=profile.adm.rates_by,
        )
        return in_own_order(made, stored, order, alone=True)

    def _history(self, scenario: int, repeat: int) -> History:
        """What was taken earlier, by the new ranking."""
        if not self._entry.needs_history:
            return {}
        taken = []
        lacks = False
        for index in earlier(self.study, self.index, scenario):
            sample = self._samples.get((index, self.index, repeat))
            found = self._again.decisions.get(sample) if sample is not None else None
            if found is None or found.choice is None or found.predictions is None:
                lacks = True
                continue
            taken.append(found.predictions[found.choice])
        self._lacks += lacks
        return history_of(taken)
