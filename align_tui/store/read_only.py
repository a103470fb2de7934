"""Open a run database in a place where this process may not write.

Even to read, SQLite writes a file beside the database by which readers and writers agree. In a
place where it cannot, nobody else writes either, so the file is read as it is. What the file lacks
(the rows of a write-ahead log, tables of a newer version) is added to a copy in memory.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from urllib.parse import quote

TIMEOUT_S = 10.0


def is_writable(path: Path) -> bool:
    """True if this process may write the file and files beside it."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a connection that cannot write. Raises sqlite3.Error, OSError."""
    log = _beside(path, "-wal")
    if _size(log) and not _size(_beside(path, "-shm")):
        return _copied(path, log)
    connection = _open(path, "mode=ro")
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if _size(log):
            return _copied(path, log)
        connection = _open(path, "immutable=1")
    return connection


def in_memory(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Copy a database into memory, where it can be brought up to date; closes the original."""
    copy = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.backup(copy)
    connection.close()
    return copy


def _copied(path: Path, log: Path) -> sqlite3.Connection:
    with tempfile.TemporaryDirectory(prefix="align-tui-") as folder:
        copy = Path(folder) / "runs.db"
        shutil.copyfile(path, copy)
        shutil.copyfile(log, _beside(copy, "-wal"))
        source = sqlite3.connect(copy, isolation_level=None, check_same_thread=False)
        return in_memory(source)


def _open(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?{how}",
        uri=True,
        timeout=TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
