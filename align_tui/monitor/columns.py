"""Columns of any runs: list them, read their decisions, and read single reasonings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from align_tui.core.columns import Column

if TYPE_CHECKING:
    from align_tui.monitor.rows import Database


@dataclass(frozen=True, slots=True)
class ColumnKey:
    """The key of a column: a run and the index of its profile."""

    run: str
    profile: int


@dataclass(frozen=True, slots=True)
class OfferedColumn:
    """A column that can be added, with the names of its run, profile and model."""

    key: ColumnKey
    study: str
    name: str
    model: str


def read_columns(db: Database, keys: Sequence[ColumnKey]) -> tuple[Column, ...]:
    """Read the columns, in this order, with inherited decisions. Raises StoreError."""
    from align_tui.store import columns

    found: dict[ColumnKey, Column] = {}
    for run in dict.fromkeys(key.run for key in keys):
        wanted = {key.profile for key in keys if key.run == run}
        for column in columns.read_columns(db, run, wanted, inherited=True):
            found[ColumnKey(run, column.profile)] = column
    return tuple(found[key] for key in keys if key in found)


def list_columns(db: Database) -> Iterable[OfferedColumn]:
    """All profiles of all runs, the newest run first."""
    from align_tui.store import columns

    for run, study, profile, name, model in columns.list_columns(db):
        yield OfferedColumn(ColumnKey(run, profile), study, name, model)


def read_reasons(db: Database, samples: tuple[int | None, ...]) -> tuple[str, ...]:
    """The reasoning of each sample, or why it failed; empty if it has neither."""
    from align_tui.store import columns

    return columns.reasoning_of(db, samples)
