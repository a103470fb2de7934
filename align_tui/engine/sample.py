"""Decide and score one sample with the decision-maker and the scorer of its run."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from align_tui.adms.base import Adm, Llm
from align_tui.adms.registry import make_adm
from align_tui.backbones.base import Backbone, ModelInfo
from align_tui.config.attributes import definitions_for
from align_tui.config.profile import Profile
from align_tui.config.study import Study
from align_tui.core.answers import Answer, TextAnswer
from align_tui.core.decision_checks import checked_decision
from align_tui.core.decisions import Decision, Rendering, Step
from align_tui.core.errors import AlignError, DeviceLost
from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.base import UNSCORED, Score, ScorerEntry
from align_tui.core.seeds import NEW_RULE, SeedRule, sample_seed, seed_hash
from align_tui.core.targets import Targets, target_id
from align_tui.core.text.error_text import error_text
from align_tui.engine.history import Histories
from align_tui.engine.identities import Identities
from align_tui.engine.llm import OpenModel
from align_tui.engine.source_checks import Hashes, check_sources, remember_plugins
from align_tui.store import run_models, runs
from align_tui.store.database import Database
from align_tui.store.outcomes import Claimed
from align_tui.store.run_inputs import read_inputs
from align_tui.store.run_sources import compared_of_profile

KEPT_RUNS = 8


@dataclass(frozen=True, slots=True)
class Scored:
    """A decision with its scores by target id.

    The decision-maker returned at `ended` (time.monotonic); a judge's time comes after it.
    """

    decision: Decision
    scores: Mapping[str, Score]
    ended: float


class RunContext:
    """A run's study, with a decision-maker for each profile, made when first needed.

    `day` (ISO) is the date that all the run's chat templates take for today. `seed_rule` names the
    hash of a scenario from which the seeds of its samples come. `sources` are the hashes of what
    each profile decides with, as the run stores them.
    """

    def __init__(
        self,
        study: Study,
        day: str | None = None,
        seed_rule: SeedRule = NEW_RULE,
        sources: Sequence[Hashes | None] = (),
    ) -> None:
        self.study = study
        self._sources = sources
        self.day = day
        self.seed_rule: SeedRule = seed_rule
        self.histories = Histories(study)
        self.identities = Identities(study)
        self._adms: dict[int, Adm] = {}
        self._targets: dict[int, tuple[Targets, ...]] = {}
        self._recorded: dict[int, str] = {}

    def profile(self, claimed: Claimed) -> Profile:
        """The sample's profile."""
        return self.study.profiles[claimed.profile]

    def scenario(self, claimed: Claimed) -> Scenario:
        """The sample's scenario."""
        return self.study.scenarios[claimed.scenario]

    def adm(self, claimed: Claimed) -> Adm:
        """The sample's decision-maker. Raises AdmError or ConfigError if it cannot be made.

        Raises SourceChanged if this process would decide with other prompts or code than the run.
        """
        if claimed.profile not in self._adms:
            profile = self.profile(claimed)
            if self._sources:
                check_sources(profile, self._sources[claimed.profile])
            attributes = definitions_for(self.study.attributes, profile.attributes)
            self._adms[claimed.profile] = make_adm(profile, attributes)
        return self._adms[claimed.profile]

    def seed(self, claimed: Claimed) -> int:
        """The sample's seed, by the seed rule of its run."""
        seen = seed_hash(self.scenario(claimed), self.seed_rule)
        return sample_seed(self.profile(claimed).decoding.seed, seen, claimed.repeat)

    def text_of(self, claimed: Claimed, answer: Answer) -> str:
        """The text of the choice, or the text answer itself."""
        if isinstance(answer, TextAnswer):
            return answer.text
        return self.scenario(claimed).choice_texts[answer.index]

    def targets(self, claimed: Claimed) -> tuple[Targets, ...]:
        """The targets that the sample is scored against: its profile's, else all of the study's."""
        if claimed.profile not in self._targets:
            self._targets[claimed.profile] = self.study.scoring_targets(self.profile(claimed))
        return self._targets[claimed.profile]

    def models(self, claimed: Claimed, backbones: Mapping[str, Backbone]) -> dict[str, OpenModel]:
        """The models by role, with the decoding and rendering of the sample's profile."""
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
        """Store which weights the sample's profile really uses, once a profile."""
        if not backbones:
            return
        identity = _identity({role: backbone.info for role, backbone in backbones.items()})
        if self._recorded.get(claimed.profile) != identity:
            run_models.record_model(db, claimed.run, claimed.profile, identity)
            self._recorded[claimed.profile] = identity
        for role, backbone in backbones.items():
            self.identities.note(db, claimed, role, backbone.info)


def _identity(infos: Mapping[str, ModelInfo]) -> str:
    """The weights' identities; after the first `; ` notes on how they run."""
    models, notes = [], []
    for role, info in infos.items():
        mark = f"{role}: " if role else ""
        models.append(f"{mark}{info.identity} {info.dtype} on {info.device}")
        notes += [mark + note for note in info.notes]
    return "; ".join([" + ".join(models), *notes])


class RunContexts:
    """The contexts of the runs that a worker serves; it keeps the last few.

    `opened` is called with each study that is read.
    """

    def __init__(self, db: Database, opened: Callable[[Study], None]) -> None:
        self._db = db
        self._opened = opened
        self._found: dict[str, RunContext] = {}

    def record_hashes(self) -> None:
        """Store the hashes of models' files that have become known. Raises StoreError."""
        for context in self._found.values():
            context.identities.record_known(self._db)

    def of(self, run: str) -> RunContext:
        """The context of a run. Raises StoreError."""
        if run not in self._found:
            if len(self._found) > KEPT_RUNS:
                kept = {
                    key: each for key, each in self._found.items() if each.identities.is_hashing
                }
                self._found = kept
            study, day = runs.load_study(self._db, run), runs.day(self._db, run)
            self._opened(study)
            for profile in study.profiles:
                remember_plugins(profile)
            sources = [
                compared_of_profile(self._db, run, index) for index in range(len(study.profiles))
            ]
            rule = read_inputs(self._db, run).seed_rule
            self._found[run] = RunContext(study, day, rule, sources)
        return self._found[run]


async def decide(
    context: RunContext, claimed: Claimed, llm: Llm, notes: tuple[str, ...] = ()
) -> Scored:
    """Run the sample's decision-maker, check its decision and score the answer.

    `notes` are added to those of the decision. Raises whatever the decision-maker raises. If a
    scorer fails, the answer has no score, and a note of the decision says why.
    """
    scenario = context.scenario(claimed)
    try:
        made = await context.adm(claimed)(scenario, context.profile(claimed).target, llm)
    except BaseExceptionGroup as group:
        first = _first(group)
        cause = first.__cause__  # keep it for the traceback: `from` the group would replace it
        raise first from (cause if cause or isinstance(first, AlignError) else group)
    decision = checked_decision(made, len(scenario.choices), scenario.asks)
    ended = time.monotonic()
    scorer = context.study.scorer
    scores: dict[str, Score] = {}
    said = list(notes)
    if not scorer.answers:
        said.append(f"It is not scored. {scorer.description}")
    for targets in context.targets(claimed):
        try:
            scores[target_id(targets)] = await _score(scorer, decision, scenario, targets)
        except (DeviceLost, GeneratorExit):  # this process or task cannot go on
            raise
        except BaseException as error:
            if _is_cancelled():
                raise asyncio.CancelledError from error
            scores[target_id(targets)] = UNSCORED
            said.append(f"The scorer {scorer.name!r} failed: {error_text(error)}")
    steps = decision.steps
    if scorer.is_async:
        steps = (*steps, Step(f"scorer {scorer.name}", time.monotonic() - ended))
    if said or scorer.is_async:
        decision = replace(decision, notes=(*decision.notes, *dict.fromkeys(said)), steps=steps)
    return Scored(decision, scores, ended)


async def _score(
    scorer: ScorerEntry, decision: Decision, scenario: Scenario, targets: Targets
) -> Score:
    if scorer.score_async is None:
        return _checked(scorer.score_made(decision, scenario, targets))
    if not scorer.takes(decision.answer):
        return UNSCORED
    return _checked(await scorer.score_async(decision.answer, scenario, targets))


def _checked(score: object) -> Score:
    """A valid score with plain values. Raises TypeError or ValueError for anything else."""
    if not isinstance(score, Score):
        raise TypeError(f"it returned a {type(score).__name__}, not a Score")
    if score.correct not in (None, True, False):
        raise ValueError("its `correct` is not True, False or None")
    distance = None if score.distance is None else float(score.distance)
    if distance is not None and not math.isfinite(distance):
        raise ValueError("its `distance` is not a finite number")
    correct = None if score.correct is None else bool(score.correct)
    return Score(correct, distance, bool(score.discriminating))


def _is_cancelled() -> bool:
    """True if the worker cancelled this sample. (Else a CancelledError is the scorer's failure.)"""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that ended a task group; the group's other tasks were only cancelled."""
    leaves: list[BaseException] = []
    stack: list[BaseException] = [group]
    while stack:
        error = stack.pop(0)
        if isinstance(error, BaseExceptionGroup):
            stack.extend(error.exceptions)
        else:
            leaves.append(error)
    return next((e for e in leaves if not isinstance(e, asyncio.CancelledError)), leaves[0])
