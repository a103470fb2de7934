"""What is done with a whole run: rename it, throw it away, bring it back, remove it, import one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.core.targets import Targets
    from align_tui.formats.align_system.runs import RunDirectory
    from align_tui.store.database import Database


def rename_run(db: Database, run: str, name: str) -> None:
    """Give a run another name; raises StoreError."""
    from align_tui.store import runs

    runs.rename(db, run, name)


def throw_away(db: Database, run: str) -> None:
    """Put a run into the trash; its work is stopped."""
    from align_tui.store import trash

    trash.throw_away(db, run)


def bring_back(db: Database, run: str) -> None:
    """Take a run out of the trash, in the state that it was thrown away in."""
    from align_tui.store import trash

    trash.bring_back(db, run)


def remove_run(db: Database, run: str) -> None:
    """Remove a run and all of its decisions for good."""
    from align_tui.store import runs

    runs.delete_run(db, run)


def import_run(db: Database, found: RunDirectory, targets: Targets | None = None) -> str:
    """Keep a run that was read from align-system's files; returns its id."""
    from align_tui.store import imports

    return imports.import_run(db, found, targets)


def import_directory(db: Database, directory: Path) -> str:
    """Read a run directory of align-system and keep it; returns its id.

    Raises DatasetError, StoreError.
    """
    from align_tui.config.attributes import load_attributes
    from align_tui.formats.align_system.runs import read_run_directory

    return import_run(db, read_run_directory(directory.expanduser(), load_attributes()))
