"""One sample from claim to result: its decision-maker, its scores, or the way it failed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from align_tui.adms.base import Adm, Llm
from align_tui.adms.registry import make_adm
from align_tui.backbones.base import ModelInfo
from align_tui.config.attributes import definitions_for
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.answers import Answer, TextAnswer
from align_tui.core.decision_checks import sound, told
from align_tui.core.decisions import Decision
from align_tui.core.errors import AdmError, AlignError, Cancelled
from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.labels import Rule, Score, score
from align_tui.core.seeds import NEW_RULE, SeedRule, seed_hash
from align_tui.core.targets import Targets, target_id
from align_tui.core.text.repair import storable
from align_tui.engine.llm import sample_seed
from align_tui.store import runs
from align_tui.store.database import Database
from align_tui.store.outcomes import Claimed


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a sample has no decision."""

    kind: str
    message: str


class RunContext:
    """A run's study, with the decision-maker of each profile made when first needed.

    `day` (ISO) is what chat templates see as today, for as long as the run lasts; `seed_rule` says
    which hash of a scenario the seeds of its samples come from.
    """

    def __init__(
        self, study: Study, day: str | None = None, seed_rule: SeedRule = NEW_RULE
    ) -> None:
        self.study = study
        self.day = day
        self.seed_rule: SeedRule = seed_rule
        self._adms: dict[int, Adm] = {}
        self._targets: dict[int, tuple[Targets, ...]] = {}
        self._recorded: dict[int, str] = {}

    def profile(self, claimed: Claimed) -> Profile:
        """The profile that the sample is of."""
        return self.study.profiles[claimed.profile]

    def scenario(self, claimed: Claimed) -> Scenario:
        """The scenario that the sample is of."""
        return self.study.scenarios[claimed.scenario]

    def adm(self, claimed: Claimed) -> Adm:
        """The decision-maker; raises AdmError or ConfigError when it cannot be made."""
        if claimed.profile not in self._adms:
            profile = self.profile(claimed)
            attributes = definitions_for(self.study.attributes, profile.target)
            self._adms[claimed.profile] = make_adm(profile, attributes)
        return self._adms[claimed.profile]

    def seed(self, claimed: Claimed) -> int:
        """The sample's seed, by the rule of its run."""
        seen = seed_hash(self.scenario(claimed), self.seed_rule)
        return sample_seed(self.profile(claimed).decoding.seed, seen, claimed.repeat)

    def text_of(self, claimed: Claimed, answer: Answer) -> str:
        """The answer in words: the text of the choice, or the open answer itself."""
        if isinstance(answer, TextAnswer):
            return answer.text
        return self.scenario(claimed).choice_texts[answer.index]

    def scores(self, claimed: Claimed, answer: Answer) -> Mapping[str, Score]:
        """Scores of that answer by target id: the profile's own, or all that others have."""
        if claimed.profile not in self._targets:
            self._targets[claimed.profile] = self.study.scoring_targets(self.profile(claimed))
        rule: Rule = self.study.rule
        scenario = self.scenario(claimed)
        if isinstance(answer, TextAnswer):
            return {}  # labels are on choices
        return {
            target_id(targets): score(scenario, targets, answer.index, rule)
            for targets in self._targets[claimed.profile]
        }

    def record_model(self, db: Database, claimed: Claimed, info: ModelInfo) -> None:
        """Keep which weights the sample's profile really uses; once, and not for every sample."""
        identity = "; ".join([f"{info.identity} {info.dtype} on {info.device}", *info.notes])
        if self._recorded.get(claimed.profile) != identity:
            runs.record_model(db, claimed.run, claimed.profile, identity)
            self._recorded[claimed.profile] = identity


async def decide(context: RunContext, claimed: Claimed, llm: Llm) -> Decision:
    """Run the sample's decision-maker and look through what it hands on; it may raise anything."""
    scenario = context.scenario(claimed)
    try:
        decision = await context.adm(claimed)(scenario, context.profile(claimed).target, llm)
    except BaseExceptionGroup as group:
        raise _first(group) from group
    return sound(decision, len(scenario.choices))


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What started it: the others of a task group were only cancelled."""
    leaves: list[BaseException] = []
    stack: list[BaseException] = [group]
    while stack:
        error = stack.pop(0)
        if isinstance(error, BaseExceptionGroup):
            stack.extend(error.exceptions)
        else:
            leaves.append(error)
    return next((e for e in leaves if not isinstance(e, asyncio.CancelledError)), leaves[0])


def to_failure(error: BaseException) -> Failure:
    """An error as it is stored; one that nobody foresaw names its type.

    What ends a process when it is raised (SystemExit, KeyboardInterrupt) can only come from a
    decision-maker's code here: signals stop the worker in another way.
    """
    if isinstance(error, AlignError):
        message = f"{error.message}\n{error.hint}" if error.hint else error.message
        return Failure(error.kind, storable(message))
    said = told(error)
    if not isinstance(error, Exception):
        return Failure(AdmError.kind, f"The decision-maker raised {said}")
    return Failure("internal", said)


CANCELLED = Failure(Cancelled.kind, "Cancelled while it was being decided")
