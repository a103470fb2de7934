"""What a run database held that lost its name while it was in use, saved under another.

A file that was deleted lives on for as long as somebody has it open, and goes with the last one.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from align_tui.core.errors import Gone, StoreError
from align_tui.store.database import Database


def saved_as(db: Database) -> Path:
    """Where whatever this connection still reads is saved: one name for each lost file."""
    number = db.identity[1] if db.identity is not None else 0
    return db.path.with_name(f"{db.path.name}.saved-{number}")


def save(db: Database) -> Path | None:
    """Write all that this connection still reads into a file beside; None when that fails."""
    target = saved_as(db)
    draft = target.with_name(target.name + ".part")
    try:
        draft.unlink(missing_ok=True)
        db.connection.execute("VACUUM INTO ?", (str(draft),))
        draft.replace(target)
    except (sqlite3.Error, OSError):
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        return None
    return target


def told(db: Database, error: Gone) -> StoreError:
    """The error with where the decisions are kept now, if there is such a place."""
    target = saved_as(db)
    if not target.exists():
        return error
    return Gone(
        error.message,
        f"All that was decided is kept in {target}: move it to {db.path}, or name it with --db.",
    )
