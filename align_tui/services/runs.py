"""Rename, throw away, bring back, delete or import a whole run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.core.targets import Targets
    from align_tui.formats.recorded_runs import RecordedRun
    from align_tui.store.database import Database


def rename_run(db: Database, run: str, name: str) -> None:
    """Rename a run. Raises StoreError."""
    from align_tui.store import runs

    runs.rename(db, run, name)


def throw_away(db: Database, run: str) -> None:
    """Put a run into the trash and stop it."""
    from align_tui.store import trash

    trash.throw_away(db, run)


def bring_back(db: Database, run: str) -> None:
    """Take a run out of the trash and restore the state that it had."""
    from align_tui.store import trash

    trash.bring_back(db, run)


def remove_run(db: Database, run: str) -> None:
    """Delete a run and all of its decisions for good."""
    from align_tui.store import runs

    runs.delete_run(db, run)


def import_run(db: Database, found: RecordedRun, targets: Targets | None = None) -> str:
    """Store a run that was read from files of another program; returns its id."""
    from align_tui.store import imports

    return imports.import_run(db, found, targets)


def import_path(db: Database, path: Path) -> list[str]:
    """Store a bundle's run, or every run of another program at a path; returns the runs' ids.

    Raises DatasetError, BundleError, StoreError.
    """
    from align_tui.config.attributes import load_attributes
    from align_tui.formats.bundle.archive import is_archive
    from align_tui.formats.read_runs import read_runs
    from align_tui.services.bundling import import_bundle

    path = path.expanduser()
    if is_archive(path):
        return [import_bundle(db, path)]
    found = read_runs(path, load_attributes())
    return [import_run(db, each) for each in found]
