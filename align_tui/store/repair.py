"""Find out whether a run database is damaged, and save what can be read of it.

Pages are damaged, not rows. So `repair` reads each table from both ends until a damaged page stops
it, then asks for the rows between key by key. It writes what it read into a new file, without rows
that refer to lost ones. Samples whose decisions are lost are open again: --resume decides them.
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

# Parents before children. The tables of workers and live text are not worth saving.
TABLES = (
    "scenarios", "texts", "example_sets", "sources", "models", "runs", "run_scenarios",
    "run_profiles", "run_example_sets", "run_sources", "run_models", "samples", "suspects",
    "run_targets", "results", "scores", "responses", "predictions", "relevance", "rankings",
    "steps", "examples", "run_tags", "run_notes", "bookmarks", "verdicts", "trash",
)  # fmt: skip
BESIDE = ("-wal", "-shm", "-journal")
_OPEN = "UPDATE samples SET status='pending', worker=NULL"
Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Saved:
    """What a repair saved.

    `runs` and `decisions` count those of the new file, `reopened` the samples that are open again.
    `lost` names the tables that lost rows, `damaged` is the old file's new path.
    """

    runs: int
    decisions: int
    reopened: int
    lost: tuple[str, ...]
    damaged: Path


def trouble(db: Database) -> str | None:
    """Read the whole file; what is wrong with it in SQLite's words, or None. Raises StoreError."""
    try:
        report = str(db.connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        found = explain(error, db.path)
        if not isinstance(found, Damaged):
            raise found from error
        return str(error)
    return None if report == "ok" else report.replace("*** in database main ***\n", "")


def check_whole(db: Database) -> None:
    """Raise Damaged if the file is damaged."""
    damage = trouble(db)
    if damage is not None:
        raise Damaged(f"{db.path} is damaged: {damage}", REPAIR.format(path=db.path))


def repair(path: Path) -> Saved:
    """Save what can be read of the database into a new file at `path`, and keep the old file.

    Raises StoreError if no run of align-tui can be read in it, or a worker uses it.
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
                f"No run can be read in {path}",
                "The file is unchanged. Put back a copy of it, or use --db FILE",
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
    """Fill the new database; the tables that lost rows, and how many samples are open again.

    Nobody else uses the draft yet, so one transaction takes all of it.
    """
    old = sqlite3.connect(path, isolation_level=None)
    # Keep a row even if a damaged page garbled its text.
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
    """Delete the rows whose parent is lost, or clear their reference if it may be empty."""
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
    """Copy what can be read of a table; True if that was all of it."""
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
        # SQLite refuses a garbled row, which the program cannot have written so.
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
    """Pass rows to `put` until a damaged page stops it; True if none did."""
    try:
        for row in old.execute(sql, values):
            put(row)
    except sqlite3.DatabaseError:
        return False
    return True


def _numbers(
    old: sqlite3.Connection, new: sqlite3.Connection, table: str, key: str
) -> Iterator[int]:
    """Row ids that reading from both ends did not reach; their rows may be beyond the damage."""
    ends: list[object] = []
    for end in ("min", "max"):
        for connection, name in ((old, "rowid"), (new, key)):
            ends += _values(connection, f"SELECT {end}({name}) FROM {table}")
    whole = [end for end in ends if isinstance(end, int)]
    if whole:
        found = set(_values(new, f"SELECT {key} FROM {table}"))
        yield from (n for n in range(min(whole), max(whole) + 1) if n not in found)


def _parents(old: sqlite3.Connection, new: sqlite3.Connection, key: str) -> list[object]:
    """Values for the first key of a table without row ids, from the rows that it refers to."""
    known = {
        "run": [(new, "SELECT id FROM runs")],
        "sample": [(new, "SELECT id FROM samples")],
        "hash": [
            (
                old,
                "SELECT prompt FROM responses UNION ALL SELECT messages FROM responses"
                " UNION ALL SELECT schema FROM responses",
            ),
            (old, "SELECT prompt FROM examples"),
            (old, "SELECT hash FROM run_example_sets"),
            (old, "SELECT hash FROM run_sources UNION ALL SELECT hash FROM run_models"),
        ],
    }
    found = [value for each in known.get(key, ()) for value in _values(*each)]
    return list(dict.fromkeys(found))


def _values(connection: sqlite3.Connection, sql: str) -> list[object]:
    found: list[object] = []
    _read(connection, sql, lambda row: found.append(row[0]))
    return found
