"""Open the run database of another machine for a merge, without trusting or changing it.

What is read is a private copy, so that the file may be in use, of an older version, or in a place
where nobody may write. The copy is deleted as soon as it is open: a process that is killed while it
merges leaves nothing behind.
"""

from __future__ import annotations

import shlex
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from align_tui.core.errors import Damaged, StoreError
from align_tui.store import repair
from align_tui.store.database import Database, open_database
from align_tui.store.errors import explain
from align_tui.store.read_only import connect_to_read
from align_tui.store.schema import APPLICATION_ID, LATEST

LONGEST = 64 * 2**20  # bytes of one value
PREFIX = ".align-tui-merge-"
A_DAY_S = 86_400.0
_MAGIC = b"SQLite format 3\0"
_UNCHANGED = "It is unchanged, and nothing of it was merged."


@contextmanager
def opened(path: Path, into: Database) -> Iterator[Database]:
    """The runs of another database as they are now, at this version's schema; read only.

    `into` is the database that they are merged into: the copy lies beside it, where there has to
    be room for them anyway. Raises StoreError for a file of another program, or one that is damaged
    or newer.
    """
    path = path.expanduser()
    _check_file(path, into)
    _remove_left(into.path.parent)
    try:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=into.path.parent))
    except OSError as error:
        raise StoreError(f"{into.path.parent} cannot be written: {error.strerror}") from error
    try:
        copy = folder / "runs.db"
        _copy(path, copy)
        _check_schema(copy, path, into)
        open_database(copy).close()  # migrates it
        connection = _read_only(copy)
    except sqlite3.Error as error:
        raise explain(error, path) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be copied: {error.strerror}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    with closing(connection):
        db = Database(connection, path, read_only=True)
        repair.check_whole(db)
        yield db


def _remove_left(beside: Path) -> None:
    """Delete copies of merges that were killed while they copied."""
    with suppress(OSError):
        for folder in beside.glob(f"{PREFIX}*"):
            if time.time() - folder.stat().st_mtime > A_DAY_S:
                shutil.rmtree(folder, ignore_errors=True)


def _check_file(path: Path, into: Database) -> None:
    if not path.exists():
        raise StoreError(f"There is no run database at {path}")
    if not path.is_file():
        raise StoreError(f"{path} is not a file", "Name the file of a run database.")
    with suppress(OSError):
        if path.samefile(into.path):
            raise StoreError(
                f"{path} is the database that you merge into", "Name another one, or use --db FILE"
            )
    try:
        with path.open("rb") as file:
            begins = file.read(len(_MAGIC))
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error
    if begins != _MAGIC:
        is_zip = begins.startswith(b"PK\x03\x04")
        hint = f"If it is a bundle: align-tui import {shlex.quote(str(path))}"
        raise StoreError(f"{path} is not a run database", hint if is_zip else _UNCHANGED)


def _copy(path: Path, copy: Path) -> None:
    """Copy one state of the database, whoever uses it meanwhile. Raises sqlite3.Error, OSError."""
    beside = [path.with_name(path.name + end) for end in ("-wal", "-journal")]
    before = path.stat()
    if not any(each.exists() and each.stat().st_size for each in beside):
        # Nobody uses it. SQLite would leave files beside it even if it only reads.
        shutil.copyfile(path, copy)
        after = path.stat()
        still = (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
        if still and not any(each.exists() and each.stat().st_size for each in beside):
            return
        copy.unlink()
    with closing(connect_to_read(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _read_only(copy: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(copy.absolute()))}?mode=ro&immutable=1", uri=True, isolation_level=None,
        check_same_thread=False,
    )  # fmt: skip
    connection.row_factory = sqlite3.Row
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # it is open from here on
    return connection


def _check_schema(copy: Path, path: Path, into: Database) -> None:
    """Raise StoreError unless the copy has only tables of align-tui, so that reading it is safe.

    A view, a generated column or a trigger of its own could compute for ever, or change what the
    migration writes.
    """
    schema = into.read("SELECT * FROM sqlite_master")
    known = {(str(row["type"]), str(row["name"])): row for row in schema}
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA trusted_schema=OFF")
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise StoreError(f"{path} is not a run database", _UNCHANGED)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > LATEST:
            raise StoreError(
                f"A newer align-tui wrote {path}", "Upgrade here: pip install -U align-tui"
            )
        for row in connection.execute("SELECT * FROM sqlite_master").fetchall():
            name = str(row["name"])
            if name.startswith("sqlite_"):
                continue
            ours = known.get((str(row["type"]), name))
            if ours is None or ours["tbl_name"] != row["tbl_name"]:
                raise _foreign(path, name)
            is_virtual = _is_virtual(row) or _is_virtual(ours)
            is_code = is_virtual or row["type"] == "trigger"
            if is_code and str(row["sql"]).split() != str(ours["sql"]).split():
                raise _foreign(path, name)
            if row["type"] == "table" and not is_virtual:
                columns = connection.execute(f'PRAGMA table_xinfo("{name}")').fetchall()
                if any(column["hidden"] for column in columns):
                    raise _foreign(path, name)


def _is_virtual(row: sqlite3.Row) -> bool:
    return str(row["sql"]).lower().split()[:2] == ["create", "virtual"]


def _foreign(path: Path, name: str) -> Damaged:
    return Damaged(
        f"{path} has a part that no version of align-tui makes: {name[:80]!r}", _UNCHANGED
    )
