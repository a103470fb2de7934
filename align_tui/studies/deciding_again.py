"""Decide a study's stored decisions anew by other votes or rankings; pure, and without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
from align_tui.core.choice_order import permuted, shuffled_order
from align_tui.core.decisions import Decision
from align_tui.core.errors import AlignError, ConfigError
from align_tui.core.scenarios import Scenario
from align_tui.core.seeds import SeedRule, sample_seed, seed_hash
from align_tui.core.text.plurals import counted
from align_tui.studies.rescoring import RescoredStudy, only_positive_of
from align_tui.studies.turns import Place, earlier, turns


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
    """The seeds of one profile's samples, and the order in which they were shown the choices."""

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

    def order(self, sample: int) -> tuple[int, ...] | None:
        """The order of the choices that decides ties; None for the scenario's own."""
        scenario = self.scenario(sample)
        if self.profile.choice_order != "shuffled" or scenario.asks != "choice":
            return None
        count = len(scenario.choices)
        return shuffled_order(self.seed(sample), count) if count > 1 else None


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
            order = self.order(sample)
            before = as_shown(decisions[sample], order)
            count = len(self.scenario(sample).choices)
            if not is_by_votes(before, count, only_positive=self._was):
                kept += 1
                continue
            made = revoted(before, count, only_positive=self._now)
            # Styled samples have an order of their own each (adms/styled.py).
            alone = not (self.profile.adm.traits.order_by_style and len(before.responses) > 1)
            again.decisions[sample] = in_own_order(made, decisions[sample], order, alone=alone)
        if samples and kept == len(samples):
            raise ConfigError(
                f"profile {self.profile.name}: its stored replies do not lead to its decisions, so "
                "its votes cannot be counted anew",
                "Start a new run with the other setting: --set adm.only_positive=true.",
            )
        return _kept(self.profile.name, kept, "the votes of the stored replies do not lead to them")


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
        if samples and not any(is_by_ranking(self._before[each]) for each in samples):
            raise ConfigError(
                f"profile {self.profile.name}: its decisions have no stored predictions that "
                f"{self._params.function} could rank",
                "Start a new run with the other function: --set alignment.function=NAME.",
            )
        order = turns(self.study, self.index)
        kept = 0
        for sample in sorted(
            samples, key=lambda each: order[self.places[each][0]].place if order else 0
        ):
            if not is_by_ranking(self._before[sample]):
                kept += 1
                continue
            try:
                self._again.decisions[sample] = self._rank(sample)
            except AlignError as error:
                self._again.errors[sample] = (error.kind, error.message)
        name = self.profile.name
        notes = _kept(name, kept, "they are not the result of a ranking")
        if self._lacks:
            some = counted(self._lacks, "decision")
            notes.append(f"{name}: for {some} the run lacks some of the earlier decisions.")
        return notes

    def _rank(self, sample: int) -> Decision:
        scenario, profile, order = self.scenario(sample), self.profile, self.order(sample)
        stored = self._again.decisions.get(sample, self._before[sample])
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
