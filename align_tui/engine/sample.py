"""One sample from claim to result: its decision-maker, its scores, or the way it failed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from align_tui.adms.base import Adm, Llm
from align_tui.adms.registry import make_adm
from align_tui.backbones.base import Backbone, ModelInfo
from align_tui.config.attributes import load_attributes
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.answers import Answer, TextAnswer
from align_tui.core.decision_checks import sound, told
from align_tui.core.decisions import Decision, Rendering
from align_tui.core.errors import AdmError, AlignError, Cancelled
from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.labels import Rule, Score, score
from align_tui.core.targets import Targets, target_id
from align_tui.core.text.repair import storable
from align_tui.engine.llm import OpenModel
from align_tui.store import runs
from align_tui.store.database import Database
from align_tui.store.outcomes import Claimed

KEPT_RUNS = 8


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a sample has no decision."""

    kind: str
    message: str


class RunContext:
    """A run's study, with the decision-maker of each profile made when first needed.

    `day` (ISO) is what chat templates see as today, for as long as the run lasts.
    """

    def __init__(self, study: Study, day: str | None = None) -> None:
        self.study = study
        self.day = day
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
            self._adms[claimed.profile] = make_adm(self.profile(claimed), load_attributes())
        return self._adms[claimed.profile]

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

    def models(self, claimed: Claimed, backbones: Mapping[str, Backbone]) -> dict[str, OpenModel]:
        """The backbones by role, each with how it is asked in the sample's profile."""
        profile = self.profile(claimed)
        models = {}
        for role, backbone in backbones.items():
            decoding, values = profile.decoding, profile.prompt.chat_template
            if role in profile.models:
                decoding, values = profile.models[role].decoding, profile.models[role].chat_template
            models[role] = OpenModel(backbone, decoding, Rendering(values, self.day))
        return models

    def record_models(
        self, db: Database, claimed: Claimed, backbones: Mapping[str, Backbone]
    ) -> None:
        """Keep which weights the sample's profile really uses; once, and not for every sample."""
        if not backbones:
            return
        identity = _identity({role: backbone.info for role, backbone in backbones.items()})
        if self._recorded.get(claimed.profile) != identity:
            runs.record_model(db, claimed.run, claimed.profile, identity)
            self._recorded[claimed.profile] = identity


def _identity(infos: Mapping[str, ModelInfo]) -> str:
    """Which weights these are; behind the first `; ` what a user must know of how they run."""
    models, notes = [], []
    for role, info in infos.items():
        mark = f"{role}: " if role else ""
        models.append(f"{mark}{info.identity} {info.dtype} on {info.device}")
        notes += [mark + note for note in info.notes]
    return "; ".join([" + ".join(models), *notes])


class RunContexts:
    """The contexts of the runs that a worker serves; those of the last few are kept."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._found: dict[str, RunContext] = {}

    def of(self, run: str) -> RunContext:
        """The context of a run; raises StoreError."""
        if run not in self._found:
            if len(self._found) > KEPT_RUNS:
                self._found.clear()
            study, day = runs.load_study(self._db, run), runs.day(self._db, run)
            self._found[run] = RunContext(study, day)
        return self._found[run]


async def decide(context: RunContext, claimed: Claimed, llm: Llm) -> Decision:
    """Run the sample's decision-maker and look through what it hands on; it may raise anything."""
    scenario = context.scenario(claimed)
    try:
        decision = await context.adm(claimed)(scenario, context.profile(claimed).target, llm)
    except BaseExceptionGroup as group:
        raise _first(group) from group
    return sound(decision, len(scenario.choices), scenario.asks)


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
