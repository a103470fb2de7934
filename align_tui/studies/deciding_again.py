"""Decide a study's stored decisions anew by other votes or rankings; pure, and without a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from align_tui.config.alignment import alignment_function, params_of
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.again import is_by_ranking, is_by_votes, reranked, revoted
from align_tui.core.alignment.history import history_of
from align_tui.core.alignment.ranking import AlignmentFunction, History
from align_tui.core.alignment.registry import FUNCTIONS
from align_tui.core.decisions import Decision
from align_tui.core.errors import AlignError, ConfigError
from align_tui.core.seeds import SeedRule, sample_seed, seed_hash
from align_tui.core.text.plurals import counted
from align_tui.studies.rescoring import RescoredStudy, only_positive_of
from align_tui.studies.turns import Place, earlier, turns


@dataclass
class Again:
    """The new decisions by sample, and (kind, message) of those that failed.

    `different` are the samples with another choice than before. Decisions that stay as they were
    are in none of them.
    """

    decisions: dict[int, Decision] = field(default_factory=dict)
    errors: dict[int, tuple[str, str]] = field(default_factory=dict)
    different: set[int] = field(default_factory=set)
    notes: tuple[str, ...] = ()


def decide_again(
    before: Study,
    made: RescoredStudy,
    places: Mapping[int, Place],
    decisions: Mapping[int, Decision],
    seed_rule: SeedRule,
) -> Again:
    """Vote and rank anew where the study `made` changed its profiles.

    `places` has the place of each ended sample, and `decisions` those that did not fail. Raises
    ConfigError if no decision of a changed profile can be made anew.
    """
    again = Again()
    notes: list[str] = []
    for profile in sorted(made.revoted | made.reranked):
        samples = [each for each, place in places.items() if place[1] == profile]
        samples = [each for each in samples if each in decisions]
        if profile in made.revoted:
            notes += _vote(again, before, made.study, profile, samples, places, decisions)
        if profile in made.reranked:
            ranks = _Ranks(made.study, profile, places, decisions, seed_rule, again)
            notes += ranks.all(samples)
    again.different |= {
        sample
        for sample, decision in again.decisions.items()
        if decision.choice != decisions[sample].choice
    }
    again.notes = tuple(notes)
    return again


def _vote(
    again: Again,
    before: Study,
    study: Study,
    profile: int,
    samples: Sequence[int],
    places: Mapping[int, Place],
    decisions: Mapping[int, Decision],
) -> list[str]:
    was = only_positive_of(before.profiles[profile])
    now = only_positive_of(study.profiles[profile])
    kept = 0
    for sample in samples:
        n_choices = len(study.scenarios[places[sample][0]].choices)
        if not is_by_votes(decisions[sample], n_choices, only_positive=bool(was)):
            kept += 1
            continue
        again.decisions[sample] = revoted(decisions[sample], n_choices, only_positive=bool(now))
    name = study.profiles[profile].name
    if samples and kept == len(samples):
        raise ConfigError(
            f"profile {name}: its stored replies do not give its decisions, so its votes cannot be "
            "counted anew",
            "Run it with the other setting: --set adm.only_positive=true.",
        )
    return _kept(name, kept, "the stored replies do not give them by votes")


def _kept(name: str, count: int, why: str) -> list[str]:
    decisions = counted(count, "decision")
    return [f"{name}: {decisions} as before, since {why}."] if count else []


class _Ranks:
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
        self._study, self._index, self._rule = study, index, seed_rule
        self._places, self._before, self._again = places, decisions, again
        self._samples = {place: sample for sample, place in places.items()}
        self._lacks = 0
        profile = self._profile
        self._params = params_of(profile.alignment, **profile.adm.alignment_changes)
        self._entry = FUNCTIONS.get(self._params.function)
        self._function: AlignmentFunction = alignment_function(self._params)

    @property
    def _profile(self) -> Profile:
        return self._study.profiles[self._index]

    def all(self, samples: Sequence[int]) -> list[str]:
        """Rank all of `samples`; notes on those that stay as they were."""
        if samples and not any(is_by_ranking(self._before[each]) for each in samples):
            raise ConfigError(
                f"profile {self._profile.name}: its decisions have no stored predictions that "
                f"{self._params.function} could rank",
                "Run it with the other function: --set alignment.function=NAME.",
            )
        order = turns(self._study, self._index)
        kept = 0
        for sample in sorted(
            samples, key=lambda each: order[self._places[each][0]].place if order else 0
        ):
            if not is_by_ranking(self._before[sample]):
                kept += 1
                continue
            try:
                self._again.decisions[sample] = self._rank(sample)
            except AlignError as error:
                self._again.errors[sample] = (error.kind, error.message)
        name = self._profile.name
        notes = _kept(name, kept, "they are not the result of a ranking")
        if self._lacks:
            some = counted(self._lacks, "decision")
            notes.append(f"{name}: {some} without all earlier ones, which the run does not have.")
        return notes

    def _rank(self, sample: int) -> Decision:
        scenario_index, _, repeat = self._places[sample]
        scenario, profile = self._study.scenarios[scenario_index], self._profile
        decision = self._again.decisions.get(sample, self._before[sample])
        predictions = decision.predictions
        if predictions is None or len(predictions) > len(scenario.choices):
            raise ConfigError("The decision's predictions are not those of the scenario's choices")
        inputs = profile.adm.ranked(
            predictions,
            decision.relevance,
            scenario,
            profile.target,
            needs_relevance=self._entry.needs_relevance,
        )
        return reranked(
            decision,
            self._function,
            self._params.function,
            profile.target,
            inputs.kept,
            inputs.relevance,
            self._history(scenario_index, repeat),
            sample_seed(profile.decoding.seed, seed_hash(scenario, self._rule), repeat),
            by=profile.adm.rates_by,
        )

    def _history(self, scenario: int, repeat: int) -> History:
        """What was taken earlier, by the new ranking."""
        if not self._entry.needs_history:
            return {}
        taken = []
        lacks = False
        for index in earlier(self._study, self._index, scenario):
            sample = self._samples.get((index, self._index, repeat))
            found = self._again.decisions.get(sample) if sample is not None else None
            if found is None or found.choice is None or found.predictions is None:
                lacks = True
                continue
            taken.append(found.predictions[found.choice])
        self._lacks += lacks
        return history_of(taken)
