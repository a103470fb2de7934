"""What a merge did to a run, as a line of `merge --json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from align_tui.config.study import Study
from align_tui.store import runs
from align_tui.store.database import Database
from align_tui.store.merge_run import MergedRun
from align_tui.store.merge_samples import Differing


def merged_event(merged: MergedRun, database: Path, db: Database) -> dict[str, Any]:
    """The line of one run; `db` is the database that it was merged into."""
    brought = merged.brought
    study = runs.load_study(db, merged.run) if brought.differing else None
    return {
        "event": "merged",
        "database": str(database),
        "run": merged.run,
        "name": merged.name,
        "outcome": merged.outcome,
        "decisions": brought.decisions,
        "failures": brought.failures,
        "open": merged.open,
        "differ": brought.differ,
        "differing": [named(study, each) for each in brought.differing if study is not None],
        "notes": list(merged.notes),
        "reason": merged.reason or None,
    }


def named(study: Study, each: Differing) -> dict[str, Any]:
    """A sample that both databases decided, by its names."""
    scenario, profile, repeat = each.place
    return {
        "profile": study.profiles[profile].name,
        "scenario": study.scenarios[scenario].key,
        "repeat": repeat,
        "ours": each.ours,
        "theirs": each.theirs,
    }
