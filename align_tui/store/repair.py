"""A damaged run database: told from a whole one, and saved as far as it can be read.

Pages are damaged, not rows, so a table is read from both ends until a page stops it, and what lies
between is asked for key by key. What was read goes into a new file; rows that refer to nothing any
more are left out, and decisions that are lost are open again, to be decided by --resume.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from align_tui.core.errors import Damaged, StoreError
from align_tui.store import workers
from align_tui.store.basis import TABLES as BASIS_TABLES
from align_tui.store.database import Database, open_database
from align_tui.store.domain_tables import fill_targets
from align_tui.store.errors import REPAIR, explain
from align_tui.store.placeholders import fill_gaps

# Parents before children. What workers say and write at the moment is not worth saving.
TABLES = (
    "scenarios", "texts", "runs", "run_scenarios", "run_profiles", "samples", "suspects",
    "run_targets", "results", "scores", "responses", "predictions", "relevance", "rankings",
    "steps", "run_tags", "run_notes", "bookmarks", "verdicts", "trash",
)  # fmt: skip
BESIDE = ("-wal", "-shm", "-journal")
_OPEN = "UPDATE samples SET status='pending', worker=NULL"
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """What a repair came to: decisions in the new file, samples open again, the old file's name."""

    runs: int
    decisions: int
    reopened: int
    lost: tuple[str, ...]
    damaged: Path


def trouble(db: Database) -> str | None:
    """What is wrong with the file, in SQLite's words; None when it is whole. It reads all of it."""
    try:
        said = str(db.connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        found = explain(error, db.path)
        if not isinstance(found, Damaged):
            raise found from error
        return str(error)
    return None if said == "ok" else said.replace("*** in database main ***\n", "")


def check_whole(db: Database) -> None:
    """Raise Damaged unless the file is whole."""
    said = trouble(db)
    if said is not None:
        raise Damaged(f"{db.path} is damaged: {said}", REPAIR.format(path=db.path))


def repair(path: Path) -> Saved:
    """Save what can be read of the database into a new file of its name; the old one is kept.

    Raises StoreError when nothing of it is ours, or somebody works on it.
    """
    _nobody_works_on(path)
    draft = path.with_name(path.name + ".repaired")
    damaged = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        draft.unlink(missing_ok=True)
        new = open_database(draft)
        try:
            lost, reopened = _fill(new, path)
            runs, decisions = new.read(
                "SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM samples"
                " WHERE status='done')"
            )[0]
            new.checkpoint()
        finally:
            new.close()
        if not runs:
            draft.unlink(missing_ok=True)
            raise Damaged(
                f"Nothing of a run can be read in {path}",
                "It was left as it is. Put back a copy of it, or name another: --db FILE",
            )
        for ending in ("", *BESIDE):
            beside = path.with_name(path.name + ending)
            if beside.exists():
                beside.replace(damaged.with_name(damaged.name + ending))
        draft.replace(path)
    except OSError as error:
        raise StoreError(f"{path} cannot be repaired: {error.strerror}") from error
    return Saved(int(runs), int(decisions), reopened, lost, damaged)


def _nobody_works_on(path: Path) -> None:
    try:
        db = open_database(path, create=False)
    except Damaged:
        return
    try:
        if workers.living(db):
            raise StoreError(
                f"Workers use {path}", "End them first: align-tui workers stop, then repair."
            )
    except Damaged:
        return
    finally:
        db.close()


def _fill(new: Database, path: Path) -> tuple[tuple[str, ...], int]:
    """Fill the new database; the tables that lost something, and how many samples are open again.

    The draft is nobody's yet: all of it is one transaction.
    """
    old = sqlite3.connect(path, isolation_level=None)
    # Text that a damaged page garbled is no reason to lose its row.
    old.text_factory = lambda raw: raw.decode("utf-8", "replace")
    lost = []
    new.connection.execute("PRAGMA foreign_keys=OFF")
    try:
        with new.write() as connection:
            for table in TABLES:
                if not _copy(old, connection, table):
                    lost.append(table)
            lost += [table for table in fill_gaps(connection) if table not in lost]
            while broken := connection.execute("PRAGMA foreign_key_check").fetchall():
                _leave_out(connection, broken)
            connection.execute(_OPEN + " WHERE status='running'")
            connection.execute("DELETE FROM results WHERE sample IN (SELECT id FROM samples"
                               " WHERE status='pending')")  # fmt: skip
            reopened = connection.execute(
                _OPEN + " WHERE status IN ('done', 'failed')"
                " AND id NOT IN (SELECT sample FROM results)"
            ).rowcount
            fill_targets(connection)
            for child in ("scores", "responses", *BASIS_TABLES):
                connection.execute(
                    f"DELETE FROM {child} WHERE sample NOT IN (SELECT sample FROM results)"
                )
    finally:
        old.close()
        new.connection.execute("PRAGMA foreign_keys=ON")
    return tuple(lost), reopened


def _leave_out(connection: sqlite3.Connection, broken: list[sqlite3.Row]) -> None:
    """Rows whose parent is lost go; those of tables without row ids by what they refer to."""
    for table, parent in {(row["table"], row["parent"]) for row in broken}:
        for key in connection.execute(f"PRAGMA foreign_key_list({table})").fetchall():
            if key["table"] == parent:
                connection.execute(
                    f"UPDATE {table} SET {key['from']}=NULL WHERE {key['from']} NOT IN"
                    f" (SELECT {key['to']} FROM {parent})"
                    if key["on_delete"] == "SET NULL"
                    else f"DELETE FROM {table} WHERE {key['from']} NOT IN"
                    f" (SELECT {key['to']} FROM {parent})"
                )


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> bool:
    """Copy what can be read of a table; was that all?"""
    known = [str(row[1]) for row in new.execute(f"PRAGMA table_info({table})")]
    keys = _keys(new, table)
    try:
        there = {str(row[1]) for row in old.execute(f"PRAGMA table_info({table})")}
    except sqlite3.DatabaseError:
        return False
    columns = [name for name in known if name in there]
    if not columns:
        return table not in ("runs", "samples", "results")  # a table of a newer version
    listed, marks = ", ".join(columns), ",".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table} ({listed}) VALUES ({marks})"

    def put(row: Row) -> None:
        # What the damage garbled is refused: no such row can have been written.
        with contextlib.suppress(sqlite3.IntegrityError, sqlite3.DataError):
            new.execute(insert, row)

    by_rowid = _has_rowids(new, table)
    select = f"SELECT {listed} FROM {table}" + (" NOT INDEXED" if by_rowid else "")
    order = ["rowid"] if by_rowid else keys
    if _read(old, f"{select} ORDER BY {', '.join(order)}", put):
        return True
    _read(old, f"{select} ORDER BY {', '.join(f'{key} DESC' for key in order)}", put)
    for value in _numbers(old, new, table, keys[0]) if by_rowid else _parents(old, new, keys[0]):
        _read(old, f"{select} WHERE {order[0]}=?", put, (value,))
    return False


def _has_rowids(connection: sqlite3.Connection, table: str) -> bool:
    try:
        connection.execute(f"SELECT rowid FROM {table} LIMIT 0")
    except sqlite3.OperationalError:
        return False
    return True


def _keys(connection: sqlite3.Connection, table: str) -> list[str]:
    rows = connection.execute(f"PRAGMA table_info({table})").fetchall()
    ranked = sorted((int(row[5]), str(row[1])) for row in rows if row[5])
    return [name for _, name in ranked]


def _read(old: sqlite3.Connection, sql: str, put: Callable[[Row], None], values: Row = ()) -> bool:
    """Hand on rows until a damaged page; was there none?"""
    try:
        for row in old.execute(sql, values):
            put(row)
    except sqlite3.DatabaseError:
        return False
    return True


def _numbers(
    old: sqlite3.Connection, new: sqlite3.Connection, table: str, key: str
) -> Iterator[int]:
    """Row ids that were not met from either end, and may lie beyond a damaged page."""
    ends: list[object] = []
    for end in ("min", "max"):
        for connection, name in ((old, "rowid"), (new, key)):
            ends += _values(connection, f"SELECT {end}({name}) FROM {table}")
    whole = [end for end in ends if isinstance(end, int)]
    if whole:
        found = set(_values(new, f"SELECT {key} FROM {table}"))
        yield from (n for n in range(min(whole), max(whole) + 1) if n not in found)


def _parents(old: sqlite3.Connection, new: sqlite3.Connection, key: str) -> list[object]:
    """Values of the first key of a table without row ids: what it hangs on is known already."""
    known = {
        "run": (new, "SELECT id FROM runs"),
        "sample": (new, "SELECT id FROM samples"),
        "hash": (
            old,
            "SELECT prompt FROM responses UNION ALL SELECT messages FROM responses"
            " UNION ALL SELECT schema FROM responses",
        ),
    }
    return list(dict.fromkeys(_values(*known[key]))) if key in known else []


def _values(connection: sqlite3.Connection, sql: str) -> list[object]:
    found: list[object] = []
    _read(connection, sql, lambda row: found.append(row[0]))
    return found
