"""The runs of a database: all of them, one in detail, and the study that one was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.monitor.rows import Database, RunDetail, RunLine


def version(db: Database) -> int:
    """A number that is another one once some process wrote."""
    return db.version()


def list_runs(db: Database, *, thrown: bool = False) -> list[RunLine]:
    """All runs, the newest first; or those in the trash, the last thrown away first."""
    from align_tui.store import history

    return history.list_history(db, thrown=thrown)


def read_run(db: Database, run: str) -> RunDetail:
    """One run in detail."""
    from align_tui.store import history

    return history.read_detail(db, run)


def load_study(db: Database, run: str) -> Study:
    """The study that a run was made of; raises StoreError."""
    from align_tui.store import runs

    return runs.load_study(db, run)
