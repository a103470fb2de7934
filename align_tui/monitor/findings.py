"""Gather the facts of a run from the database, and find what makes its numbers doubtful."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from align_tui.core.findings.base import ColumnFacts, Finding, Replies, RunFacts, SampleKey, Scored
from align_tui.core.findings.registry import find_all
from align_tui.core.stats.chance import ChanceSums, Odds, odds_of
from align_tui.core.stats.rates import make_rate
from align_tui.core.targets import Targets, target_id
from align_tui.core.types import content_hash

if TYPE_CHECKING:
    from align_tui.config.profile import Profile
    from align_tui.config.study import Study
    from align_tui.store.database import Database

WRITES = "generates"


class FindingsReader:
    """Reads the findings of the runs of one study; what the study alone says is computed once."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._keys = tuple(scenario.key for scenario in study.scenarios)
        self._questions = tuple(scenario.seen_hash for scenario in study.scenarios)
        self._settings = tuple(map(settings_hash, study.profiles))
        self._odds: dict[tuple[str, int], Odds | None] = {}

    def read(self, db: Database, run: str) -> tuple[Finding, ...]:
        """All findings of the run's own samples so far, warnings first. Raises StoreError."""
        found = find_all(self.facts(db, run))
        return tuple(self._with_scenarios(db, finding) for finding in found)

    def _with_scenarios(self, db: Database, finding: Finding) -> Finding:
        """The finding with the scenarios of its samples, unless it names scenarios itself."""
        from align_tui.store import findings

        evidence = finding.evidence
        if evidence.scenarios or not evidence.samples:
            return finding
        places = findings.scenarios_of(db, evidence.samples)
        keys = dict.fromkeys(self._keys[place] for place in places if place < len(self._keys))
        return replace(finding, evidence=replace(evidence, scenarios=tuple(keys)))

    def facts(self, db: Database, run: str) -> RunFacts:
        """What findings need to know of the run so far. Raises StoreError."""
        from align_tui.monitor.positions import column_positions
        from align_tui.store import findings, results

        chosen, failed = findings.choices(db, run), findings.failures(db, run)
        decided, replies = findings.decided(db, run), findings.replies(db, run)
        tallies = {(tally.profile, tally.target): tally for tally in results.tallies(db, run)}
        unequal = findings.unequal_replies(db, run)
        positions = column_positions(db, run, self._study)
        columns = []
        for index, profile in enumerate(self._study.profiles):
            choices = chosen.get(index, {})
            scored = []
            for targets in self._study.scoring_targets(profile):
                tally = tallies.get((index, target_id(targets)))
                scored.append(
                    Scored(
                        targets,
                        tally.all if tally is not None else make_rate(0, 0),
                        self._chance(choices, targets),
                    )
                )
            columns.append(
                ColumnFacts(
                    name=profile.name,
                    model=profile.backbone_key,
                    model_name=profile.model_label,
                    targets=profile.target,
                    is_steerable=profile.is_steerable,
                    settings=self._settings[index],
                    temperature=temperature_of(profile),
                    votes=profile.adm.replies_per_question,
                    choices=choices,
                    scored=tuple(scored),
                    decided=decided.get(index, 0),
                    failures=failed.get(index, ()),
                    replies=replies.get(index, Replies()),
                    order=profile.choice_order,
                    position=positions[index],
                )
            )
        return RunFacts(
            tuple(columns),
            self._keys,
            self._questions,
            self._study.repeat,
            unequal.examples,
            unequal.prompts,
            unequal.choices,
            unequal.repeated,
            findings.several_setups(db, run),
        )

    def _chance(self, places: Iterable[SampleKey], targets: Targets) -> float | None:
        """Chance on these samples' questions; None if none is scored."""
        asked = [scenario for scenario, _ in places]
        sums, name = ChanceSums(), target_id(targets)
        for scenario in asked if self._study.cluster == "none" else dict.fromkeys(asked):
            sums.change(self._odds_of(name, scenario, targets), 1)
        return sums.mean()

    def _odds_of(self, name: str, index: int, targets: Targets) -> Odds | None:
        if (name, index) not in self._odds:
            scorer, scenario = self._study.scorer, self._study.scenarios[index]
            self._odds[name, index] = odds_of(scorer, scenario, targets)
        return self._odds[name, index]


def read_findings(db: Database, run: str, study: Study) -> tuple[Finding, ...]:
    """All findings of a run, warnings first. Raises StoreError."""
    return FindingsReader(study).read(db, run)


def settings_hash(profile: Profile) -> str:
    """SHA-256 of everything in a profile but its name, its description and its targets."""
    left_out = ("name", "description", "target")
    return content_hash({k: v for k, v in profile.body().items() if k not in left_out})


def temperature_of(profile: Profile) -> float | None:
    """The temperature of the model that writes its replies; None if no model writes any."""
    writes = profile.needs_model and WRITES in profile.adm.traits.asks
    return profile.decoding.temperature if writes else None
