"""Score, vote or rank the stored decisions of a run anew, as a child run. No model is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from align_tui.core.errors import StoreError
from align_tui.core.text.plurals import counted

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.core.decisions import Decision
    from align_tui.store.database import Database
    from align_tui.store.rescored import NewOutcome
    from align_tui.store.results import Result
    from align_tui.studies.deciding_again import Again
    from align_tui.studies.rescoring import Rescoring


@dataclass(frozen=True, slots=True)
class Rescored:
    """The child run: how many samples it has, and how many now decide otherwise or fail."""

    run: str
    samples: int
    changed: int
    failed: int
    notes: tuple[str, ...]


def rescore(db: Database, run: str, what: Rescoring) -> Rescored:
    """Make a child run from the ended samples of a run.

    A decision whose votes or predictions are changed is the one that a new run with this setting
    makes of the same replies; all are scored again. A sample that the new alignment function
    cannot rank fails in the child. Raises ConfigError if the stored samples cannot give what is
    asked for, and StoreError.
    """
    from align_tui import __version__
    from align_tui.store import results, runs
    from align_tui.store.rescored import MADE_FROM, write_child
    from align_tui.store.run_inputs import read_inputs
    from align_tui.store.stored_decisions import decisions_of
    from align_tui.studies.deciding_again import decide_again
    from align_tui.studies.rescoring import rescored_study

    before = runs.load_study(db, run)
    made = rescored_study(before, what)
    found = list(results.all_results(db, run))
    if not found:
        raise StoreError(f"The run {run} has no decision yet", f"See: align-tui show {run}")
    decisions = decisions_of(db, found)
    places = {each.sample: (each.scenario, each.profile, each.repeat) for each in found}
    again = decide_again(before, made, places, decisions, read_inputs(db, run).seed_rule)
    notes = (*made.notes, *again.notes)
    waiting = runs.get_run(db, run).samples - len(found)
    if waiting:
        notes = (*notes, f"{counted(waiting, 'sample')} of run {run} had no decision yet.")
    said = f"Made without a model from run {run}: {what.in_words}."
    profiles = tuple(
        old if index in again.refused else new
        for index, (old, new) in enumerate(zip(before.profiles, made.study.profiles, strict=True))
    )
    study = replace(
        made.study,
        profiles=profiles,
        name=f"{before.name}, {what.in_words}"[:200],
        notes=(*before.notes, said, *notes),
    )
    versions = {
        **runs.stored_versions(db, run),
        MADE_FROM: run,
        "made by align-tui": __version__,
    }
    outcomes = [_outcome(study, each, decisions.get(each.sample), again) for each in found]
    child = write_child(db, run, study, versions, outcomes)
    failed = sum(each.error is not None or each.result.error_kind is not None for each in outcomes)
    return Rescored(child, len(found), len(again.different), failed, notes)


def _outcome(study: Study, result: Result, decision: Decision | None, again: Again) -> NewOutcome:
    """The sample as it is in the child, with scores of all targets of its profile."""
    from align_tui.core.targets import target_id
    from align_tui.store.rescored import NewOutcome

    error = again.errors.get(result.sample)
    if decision is None or error is not None:
        return NewOutcome(result, None, {}, error)
    new = again.decisions.get(result.sample)
    scenario = study.scenarios[result.scenario]
    scores = {
        target_id(targets): study.scorer.score_made(new or decision, scenario, targets)
        for targets in study.scoring_targets(study.profiles[result.profile])
    }
    return NewOutcome(result, new, scores)
