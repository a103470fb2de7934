"""Opening a run database that cannot be written: on a mount, or in a folder, without the right.

SQLite wants to write even to read: a file beside the database by which readers and writers agree.
Where it cannot be made, nobody writes either, so the file is read as it lies. What it does not
hold (a write-ahead log that nobody has copied in, tables of a newer version) is made in memory.
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
    """May this process write the file, and files beside it?"""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def connect_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write; raises sqlite3.Error, OSError."""
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
    """A copy that lives as long as its connection, to be brought up to date and read."""
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
