"""Read the runs of a database: the list, one in detail, and a run's study."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.monitor.rows import Database, RunDetail, RunLine


def version(db: Database) -> int:
    """A number that changes whenever another process writes."""
    return db.version()


def list_runs(db: Database, *, thrown: bool = False) -> list[RunLine]:
    """All runs, the newest first; with `thrown` those in the trash, the last thrown first."""
    from align_tui.store import history

    return history.list_history(db, thrown=thrown)


def read_run(db: Database, run: str) -> RunDetail:
    """Read one run in detail."""
    from align_tui.store import history

    return history.read_detail(db, run)


def load_study(db: Database, run: str) -> Study:
    """Read the study of a run. Raises StoreError."""
    from align_tui.store import runs

    return runs.load_study(db, run)
