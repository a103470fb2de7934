"""Open the run database, and read and write it with errors that a user understands."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from align_tui.core.errors import StoreError
from align_tui.core.families import ClusterRule
from align_tui.files import private
from align_tui.store.errors import explain, gone
from align_tui.store.read_only import connect_to_read, in_memory, is_writable
from align_tui.store.schema import APPLICATION_ID, LATEST, migrate

BUSY_MS = 10_000
CHECKPOINT_MS = 50
Row = sqlite3.Row


class Database:
    """One connection to the run database. Threads do not share it: each opens its own."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, *, read_only: bool = False
    ) -> None:
        self.connection = connection
        self.path = path
        self.read_only = read_only
        self.identity = _identity(path)
        # What this reader counts as independent, in the place of each run's own rule.
        self.cluster: ClusterRule | None = None

    def read(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows of a query. Raises StoreError."""
        try:
            return self.connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    @contextmanager
    def explained(self) -> Iterator[sqlite3.Connection]:
        """The connection for reads outside a transaction. Raises StoreError for sqlite3.Error."""
        try:
            yield self.connection
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def one(self, sql: str, values: Sequence[object] = ()) -> Row | None:
        """The first row of a query, or None. Raises StoreError."""
        rows = self.read(sql, values)
        return rows[0] if rows else None

    def version(self) -> int:
        """A number that changes whenever another connection commits."""
        row = self.one("PRAGMA data_version")
        return int(row[0]) if row is not None else 0

    def journal_mode(self) -> str:
        """How SQLite journals this file: `wal`, `truncate`, ..."""
        row = self.one("PRAGMA journal_mode")
        return str(row[0]) if row is not None else ""

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction that holds the write lock from its start. Raises StoreError."""
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
        """A transaction in which all reads see one state of the database."""
        try:
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                if self.connection.in_transaction:
                    self.connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def check_there(self) -> None:
        """Raise Gone if the file at the path is no longer the one that was opened.

        SQLite goes on writing into a deleted file, and all of that is lost when the process ends.
        """
        now = _identity(self.path)
        if now is None and self.identity is not None and not _exists(self.path):
            raise gone(self.path)
        if now is not None and self.identity is not None and now != self.identity:
            raise gone(self.path, "was replaced by another file")

    def checkpoint(self) -> bool:
        """Copy the write-ahead log into the file, so that the file alone holds everything.

        False, without waiting, while another connection reads an older state. Raises StoreError.
        """
        if self.read_only:
            return True
        try:
            self.connection.execute(f"PRAGMA busy_timeout={CHECKPOINT_MS}")
            try:
                busy, _, _ = self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self.connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        except sqlite3.Error as error:
            raise explain(error, self.path) from error
        return not busy

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError:  # a mount hangs, or a folder has no rights: the file may still be there
        return True
    return True


def journal_mode(path: Path) -> str:
    """`WAL`, or `TRUNCATE` on a network file system, on which WAL corrupts databases."""
    return "TRUNCATE" if network_file_system(path) else "WAL"


def network_file_system(path: Path) -> str | None:
    """The type of the network file system that holds `path`; None if it is a local one."""
    kinds = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "lustre", "gpfs", "beegfs", "fuse.sshfs"}
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None  # outside Linux the answer would need a slow import
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
    """Open the run database at `path` and bring its schema up to date.

    If this process may not write it, it is opened for reading only. Raises StoreError if the
    database is locked, damaged, of another program, of a newer version, or missing.
    """
    path = path.expanduser()
    if not path.exists():
        if not create or read_only:
            raise StoreError(
                f"There is no run database at {path}",
                "Your first run creates it: align-tui, or align-tui run",
            )
        try:
            private.make_folder(path.parent)
        except OSError as error:
            raise StoreError(f"{path.parent} cannot be created: {error.strerror}") from error
        # SQLite would use the umask. It gives -wal and -shm the rights of the database.
        try:
            private.touch(path)
        except OSError as error:
            raise StoreError(f"{path} cannot be created: {error.strerror}") from error
    elif not path.is_file():
        raise StoreError(f"{path} is not a file", "Name another database: --db FILE")
    writable = not read_only and (not path.exists() or is_writable(path))
    try:
        connection = _connect(path) if writable else connect_to_read(path)
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA foreign_keys=ON")
            _check_ours(connection, path)
            if writable:
                _prepare(connection, path)
            elif _pragma(connection, "user_version") < LATEST:
                connection = in_memory(connection)
                connection.row_factory = sqlite3.Row
                migrate(connection)
            if not writable:
                connection.execute("PRAGMA query_only=ON")  # a copy in memory would take writes
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise explain(error, path) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error
    return Database(connection, path, read_only=not writable)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
    )


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _check_ours(connection: sqlite3.Connection, path: Path) -> None:
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and _pragma(connection, "application_id") != APPLICATION_ID:
        raise StoreError(
            f"{path} is a database of another program",
            "It is unchanged. Name another: --db FILE",
        )
    if _pragma(connection, "user_version") > LATEST:
        raise StoreError(f"A newer align-tui wrote {path}", "Upgrade: pip install -U align-tui")


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    if _pragma(connection, "user_version") < LATEST:
        wanted = journal_mode(path)
        if str(_pragma(connection, "journal_mode")).upper() != wanted:
            connection.execute(f"PRAGMA journal_mode={wanted}")
        migrate(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
