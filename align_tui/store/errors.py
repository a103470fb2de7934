"""Translate SQLite's errors into the program's own, with a hint for the user."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from align_tui.core.errors import Damaged, Final, Gone, StoreError, ValueRefused

REPAIR = "Save what can be read: align-tui doctor --repair --db {path}"
_DBMOVED = 1032  # SQLITE_READONLY_DBMOVED: somebody moved or deleted the file
_BY_CODE = {
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read-only",
    sqlite3.SQLITE_CORRUPT: "malformed",
    sqlite3.SQLITE_NOTADB: "not a database",
    sqlite3.SQLITE_CANTOPEN: "unable to open",
    sqlite3.SQLITE_IOERR: "disk i/o",
}


def explain(error: sqlite3.Error, path: Path) -> StoreError:
    """The StoreError that says what happened and what to do.

    A lock, a full or failing disk may pass, so a worker waits. A value that SQLite does not take
    is a ValueRefused. Every other error is Final.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if code == _DBMOVED:
        return gone(path)
    text = str(error)
    low = f"{_BY_CODE.get((code or 0) & 0xFF, '')} {text}".lower()
    if "locked" in low or "busy" in low:
        return StoreError(
            f"{path} is locked by another program", "Close it, or name another database: --db FILE"
        )
    if "disk is full" in low or low.startswith("full"):
        return StoreError(f"No space is left for {path}", "Free some space. No decision is lost.")
    if "readonly" in low or "read-only" in low:
        return StoreError(
            f"{path} cannot be written", "Check its permissions, or name another: --db FILE"
        )
    if "not a database" in low or "malformed" in low:
        return Damaged(f"{path} is damaged, or is not a database", REPAIR.format(path=path))
    if "unable to open" in low:
        return StoreError(
            f"{path} cannot be opened", "Check the folder, or name another file: --db FILE"
        )
    if "disk i/o" in low:
        return StoreError(
            f"The disk failed under {path}", "Check that the disk is not full and still mounted."
        )
    refused = (sqlite3.InterfaceError, sqlite3.DataError, sqlite3.IntegrityError)
    if isinstance(error, refused) or "binding parameter" in low:
        return ValueRefused(f"{path} refused a value: {text}")
    other = Final(f"{path}: {text}")
    other.unforeseen = True
    return other


def gone(path: Path, how: str = "was deleted or moved") -> Gone:
    """The error for a database file that was moved, deleted or replaced after it was opened."""
    return Gone(
        f"{path} {how} while it was in use",
        "Put it back, or start again. Decisions made since then are saved nowhere else.",
    )
