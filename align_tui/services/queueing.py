"""Queue samples (of a scenario, a study, a what-if, or failed ones), and pause a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.monitor.run_state import SampleKey
    from align_tui.store.database import Database
    from align_tui.studies.edits import Changed

LOOKED_AT = 10  # the priority of samples that somebody looks at, above all others


def start_run(
    db: Database,
    study: Study,
    versions: Mapping[str, str],
    run_id: str | None = None,
    places: Sequence[SampleKey] | None = None,
) -> str:
    """Create a run of the study and queue all of it, or only `places`; returns its id.

    A run that has `run_id` is continued, with its failed samples. Raises StoreError if that is a
    run of another study.
    """
    from align_tui.store import run_ids, runs

    if run_id is not None and run_ids.is_known(db, run_id, study):
        resume_run(db, run_id)
        run = run_id
    else:
        made = dict(versions)
        run = runs.create_run(db, study, made, enqueue=places is None, run_id=run_id)
    if places is not None:
        runs.enqueue(db, run, study, places)
    return run


def resume_run(db: Database, run: str) -> None:
    """Resume a run and queue its failed samples again."""
    from align_tui.store import runs

    runs.retry(db, run)
    runs.set_state(db, run, "active")


def run_scenario(
    db: Database, study: Study, run: str | None, scenario: int, versions: Mapping[str, str]
) -> tuple[str, int, int]:
    """Queue all profiles on one scenario, failed ones again: (run, newly queued, retried).

    This and the functions below do not queue samples whose decisions the run inherits. They queue
    those that a wanted sample needs in its history (studies/turns.py).
    """
    from align_tui.store import inheritance, results, runs
    from align_tui.studies.turns import with_earlier

    run = run or runs.create_run(db, study, dict(versions), enqueue=False)
    before = results.states(db, run, scenario)
    again = runs.retry(db, run, [state.id for state in before if state.status == "failed"])
    pairs = with_earlier(study, [pair for pair in study.pairs() if pair[0] == scenario])
    runs.enqueue(db, run, study, inheritance.unasked(db, run, study, pairs), priority=LOOKED_AT)
    return run, len(results.states(db, run, scenario)) - len(before), again


def ask_again(db: Database, study: Study, run: str, place: SampleKey, sample: int) -> int:
    """Queue one failed sample again, before all others; how many it queued (0 or 1)."""
    from align_tui.store import runs

    again = runs.retry(db, run, [sample])
    if again:
        runs.enqueue(db, run, study, [place], priority=LOOKED_AT)
    return again


def run_all(
    db: Database, study: Study, run: str | None, versions: Mapping[str, str]
) -> tuple[str, int]:
    """Queue the whole study: (run, newly queued)."""
    from align_tui.store import inheritance, runs

    run = run or runs.create_run(db, study, dict(versions), enqueue=False)
    before = runs.get_run(db, run).samples
    runs.enqueue(db, run, study, inheritance.unasked(db, run, study, study.pairs()))
    return run, runs.get_run(db, run).samples - before


def run_changed(
    db: Database, changed: Changed, parent: str | None, versions: Mapping[str, str]
) -> tuple[str, int]:
    """Create a child run of `parent` and queue what the change affects: (run, how many)."""
    from align_tui.store import inheritance, runs
    from align_tui.studies.turns import with_earlier

    run = runs.create_run(db, changed.study, dict(versions), parent=parent, enqueue=False)
    wanted = with_earlier(changed.study, changed.pairs)
    pairs = inheritance.unasked(db, run, changed.study, wanted)
    runs.enqueue(db, run, changed.study, pairs, priority=LOOKED_AT)
    return run, len(pairs)


def set_state(db: Database, run: str, state: str) -> None:
    """Set a run 'active', 'paused' or 'stopped'."""
    from align_tui.store import runs

    runs.set_state(db, run, state)
