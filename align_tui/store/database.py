"""Opening the run database, and transactions whose failures a user can read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from align_tui.core.errors import StoreError
from align_tui.files import private

APPLICATION_ID = 0x414C4754  # "ALGT"
BUSY_MS = 10_000
Row = sqlite3.Row


def explain(error: sqlite3.Error, path: Path) -> StoreError:
    """The same failure, with what to do about it."""
    text = str(error)
    low = text.lower()
    if "locked" in low or "busy" in low:
        return StoreError(
            f"{path} is locked by another program", "Close it, or name another database: --db FILE"
        )
    if "full" in low:
        return StoreError(f"No space is left for {path}", "Free some; nothing decided is lost.")
    if "readonly" in low or "read-only" in low:
        return StoreError(f"{path} cannot be written", "Check its rights, or use --db FILE")
    if "not a database" in low or "malformed" in low:
        return StoreError(f"{path} is no database, or a damaged one", "Name another: --db FILE")
    if "unable to open" in low:
        return StoreError(f"{path} cannot be opened", "Check the folder's rights, or use --db FILE")
    if "disk i/o" in low:
        return StoreError(f"The disk failed under {path}", "Is the disk full, or the mount gone?")
    return StoreError(f"{path}: {text}")


class Database:
    """One connection. Not shared between threads: each thread opens its own."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self.path = path

    def read(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows of a query; raises StoreError."""
        try:
            return self.connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def one(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        """The first row, or None when there is none."""
        rows = self.read(sql, values)
        return rows[0] if rows else None

    def version(self) -> int:
        """Changes whenever another connection has committed something."""
        row = self.one("PRAGMA data_version")
        return int(row[0]) if row is not None else 0

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction, taken as a writer from its start; raises StoreError."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise
            self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise explain(error, self.path) from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Several reads that see one state of the database."""
        try:
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()


def journal_mode(path: Path) -> str:
    """WAL, or TRUNCATE where the file system is a network's and WAL would corrupt."""
    return "TRUNCATE" if network_file_system(path) else "WAL"


def network_file_system(path: Path) -> str | None:
    """The type of the network file system that holds `path`, or None on a local one."""
    kinds = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "fuse.sshfs"}
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None  # not Linux: nothing to ask without a slow import
    best, kind = "", ""
    target = str(path.resolve().parent)
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        inside = target == point or target.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind if kind in kinds else None


def open_database(path: Path, *, create: bool = True, read_only: bool = False) -> Database:
    """A connection to the run database at `path`, its schema brought up to date.

    Raises StoreError: locked, read-only, not ours, from a newer version, or missing.
    """
    path = path.expanduser()
    if not path.exists():
        if not create or read_only:
            raise StoreError(
                f"There is no run database at {path}",
                "A first run makes it: align-tui, or align-tui run",
            )
        try:
            private.make_folder(path.parent)
        except OSError as error:
            raise StoreError(f"{path.parent} cannot be made: {error.strerror}") from error
        # SQLite would make it by the umask; it gives -wal and -shm the rights of the database.
        try:
            private.touch(path)
        except OSError as error:
            raise StoreError(f"{path} cannot be made: {error.strerror}") from error
    elif not path.is_file():
        raise StoreError(f"{path} is not a file", "Name another database: --db FILE")
    try:
        connection = sqlite3.connect(
            path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys=ON")
        _check_ours(connection, path)
        if not read_only:
            _prepare(connection, path)
    except sqlite3.Error as error:
        raise explain(error, path) from error
    return Database(connection, path)


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _check_ours(connection: sqlite3.Connection, path: Path) -> None:
    from align_tui.store.schema import LATEST

    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and _pragma(connection, "application_id") != APPLICATION_ID:
        raise StoreError(
            f"{path} is a database of another program", "It was left as it is. Use --db FILE."
        )
    if _pragma(connection, "user_version") > LATEST:
        raise StoreError(
            f"{path} was written by a newer align-tui", "Upgrade: pip install -U align-tui"
        )


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    from align_tui.store.schema import LATEST, migrate

    if _pragma(connection, "user_version") < LATEST:
        wanted = journal_mode(path)
        if str(_pragma(connection, "journal_mode")).upper() != wanted:
            connection.execute(f"PRAGMA journal_mode={wanted}")
        migrate(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
