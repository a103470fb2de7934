"""Save the content of a run database that somebody deleted or replaced while it was in use.

The system keeps a deleted file for as long as a process has it open.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from align_tui.core.errors import Gone, StoreError
from align_tui.store.database import Database


def saved_as(db: Database) -> Path:
    """The path that `save` writes to; each lost file has its own."""
    number = db.identity[1] if db.identity is not None else 0
    return db.path.with_name(f"{db.path.name}.saved-{number}")


def save(db: Database) -> Path | None:
    """Write all that this connection still reads to `saved_as`; the path, or None if it fails."""
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


def with_saved_file(db: Database, error: Gone) -> StoreError:
    """The error with a hint at the saved file; the error itself if nothing was saved."""
    target = saved_as(db)
    if not target.exists():
        return error
    return Gone(
        error.message,
        f"All decisions are saved in {target}: move it to {db.path}, or name it with --db.",
    )
