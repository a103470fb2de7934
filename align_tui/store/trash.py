"""The trash: runs in it are in no list; a user brings them back or deletes them for good."""

from __future__ import annotations

import time

from align_tui.store.database import Database
from align_tui.store.runs import delete_run


def throw_away(db: Database, run: str) -> None:
    """Put a run into the trash and stop it."""
    with db.write() as connection:
        connection.execute(
            "INSERT OR IGNORE INTO trash SELECT id, state, ? FROM runs WHERE id=?",
            (time.time(), run),
        )
        connection.execute("UPDATE runs SET state='stopped' WHERE id=?", (run,))


def bring_back(db: Database, run: str) -> None:
    """Take a run out of the trash and restore the state that it had."""
    with db.write() as connection:
        connection.execute(
            "UPDATE runs SET state=(SELECT state FROM trash WHERE run=id), resumed=? WHERE id=?"
            " AND id IN (SELECT run FROM trash)",
            (time.time(), run),
        )
        connection.execute("DELETE FROM trash WHERE run=?", (run,))


def thrown(db: Database) -> list[str]:
    """The runs in the trash, the last thrown away first."""
    rows = db.read("SELECT run FROM trash ORDER BY thrown DESC, run DESC")
    return [str(row["run"]) for row in rows]


def empty(db: Database) -> int:
    """Delete all runs in the trash for good; how many there were."""
    gone = thrown(db)
    for run in gone:
        delete_run(db, run)
    return len(gone)
