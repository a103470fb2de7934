"""Copy rows of another run database into this one, each value checked against its column."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from align_tui.core.sources import Source
from align_tui.core.types import content_hash
from align_tui.store.database import Database
from align_tui.store.merge_check import Refused

PAGE = 500  # rows
_LARGEST = 2**63 - 1
Values = dict[str, object]


class Column(NamedTuple):
    """A column of a table as the schema declares it; `key` is its place in the primary key."""

    name: str
    type: str
    is_required: bool
    key: int


class Copier:
    """Reads the source and writes into the transaction of `target`. Its methods raise Refused."""

    def __init__(self, source: Database, target: sqlite3.Connection) -> None:
        self.source = source
        self.target = target
        self._columns: dict[str, tuple[Column, ...]] = {}
        self._has: set[tuple[str, str]] = set()

    def columns(self, table: str) -> tuple[Column, ...]:
        """The columns of a table, in order."""
        if table not in self._columns:
            self._columns[table] = tuple(
                Column(str(row[1]), str(row[2]).upper(), bool(row[3]), int(row[5]))
                for row in self.target.execute(f"PRAGMA table_info({table})")
            )
        return self._columns[table]

    def keys(self, table: str) -> tuple[str, ...]:
        """The names of the columns of the primary key; all columns if there is none."""
        found = self.columns(table)
        return tuple(each.name for each in found if each.key) or tuple(each.name for each in found)

    def theirs(self, table: str, joins: str, run: str) -> Iterator[Values]:
        """The source's rows of a table that belong to a run, with every value checked.

        `joins` is SQL behind the table's alias `t`, up to where `run` is compared with.
        """
        columns = self.columns(table)
        listed = ", ".join(f"t.{each.name}" for each in columns)
        for row in self.rows(f"SELECT {listed} FROM {table} t {joins}=?", (run,)):
            for column, value in zip(columns, row, strict=True):
                if not _fits(column, value):
                    raise Refused(f"{table}.{column.name} holds a value of the wrong type")
            yield dict(zip((each.name for each in columns), row, strict=True))

    def rows(self, sql: str, values: Sequence[object] = ()) -> Iterator[sqlite3.Row]:
        """Rows of the source."""
        try:
            cursor = self.source.connection.execute(sql, values)
            while page := cursor.fetchmany(PAGE):
                yield from page
        except sqlite3.Error as error:
            raise Refused(f"it cannot be read ({error})") from error

    def put(self, table: str, row: Mapping[str, object]) -> int:
        """Insert a row; its row id."""
        listed, marks = ", ".join(row), ",".join("?" * len(row))
        try:
            made = self.target.execute(
                f"INSERT INTO {table} ({listed}) VALUES ({marks})", tuple(row.values())
            )
        except (sqlite3.IntegrityError, sqlite3.DataError) as error:
            raise Refused(f"{table} holds a row that does not fit ({error})") from error
        return int(made.lastrowid or 0)

    def bring_bodies(self, row: Mapping[str, object], bodies: Mapping[str, str]) -> None:
        """Copy the texts whose hashes a row names, unless this database has them."""
        for column, table in bodies.items():
            found = (table, str(row[column]))
            if found in self._has:
                continue
            if not self.target.execute(
                f"SELECT 1 FROM {table} WHERE hash=?", (found[1],)
            ).fetchone():
                body = next(self.rows(f"SELECT body FROM {table} WHERE hash=?", (found[1],)), None)
                if body is None or not isinstance(body[0], str):
                    raise Refused(f"a text of the table {table} is missing")
                if not _is_text_of(table, found[1], body[0]):
                    raise Refused(f"a text of the table {table} is not what its hash says")
                self.put(table, {"hash": found[1], "body": body[0]})
            self._has.add(found)


def _fits(column: Column, value: object) -> bool:
    """Is it a value that the program writes into such a column?"""
    if value is None:
        return not column.is_required
    if column.type == "TEXT":
        return isinstance(value, str)
    if column.type == "INTEGER":
        return isinstance(value, int) and abs(value) <= _LARGEST
    if column.type == "REAL":
        return isinstance(value, int | float) and math.isfinite(value)
    return column.type == "BLOB" and isinstance(value, bytes)


def _is_text_of(table: str, digest: str, body: str) -> bool:
    """Is that the text of a hash? Sources have the hash of their bytes, other texts ours."""
    if table == "sources":
        return Source("file", "", digest, body).is_whole
    return content_hash(body) == digest
