"""Columns of any runs: which there are, their decisions, and the reasons of single ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from align_tui.core.columns import Column

if TYPE_CHECKING:
    from align_tui.monitor.rows import Database


@dataclass(frozen=True, slots=True)
class ColumnKey:
    """Which column: a profile (by its place) of a run."""

    run: str
    profile: int


@dataclass(frozen=True, slots=True)
class OfferedColumn:
    """A column that can be added: its key, its run's name, its profile's, and its model's."""

    key: ColumnKey
    study: str
    name: str
    model: str


def read_columns(db: Database, keys: Sequence[ColumnKey]) -> tuple[Column, ...]:
    """These columns in this order, inherited decisions included; raises StoreError."""
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
    """What each sample gave as its reason, or why it failed; empty where there is nothing."""
    from align_tui.store import columns

    return columns.reasoning_of(db, samples)
