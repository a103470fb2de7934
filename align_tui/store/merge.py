"""Merge the runs of other machines' databases into this one.

Runs keep their ids. A run that both have becomes one with the results of both
(store/merge_plan.py), so that merging in any order, or again, ends with the same runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from align_tui.core.errors import StoreError
from align_tui.store import runs
from align_tui.store.database import Database
from align_tui.store.merge_run import MergedRun, merge_run


def runs_to_merge(source: Database, names: Sequence[str] = ()) -> list[str]:
    """The ids of the source's runs, parents before their children; those in the trash too.

    With `names`, those that they mean, and the runs that these were made from: they have the
    decisions that a child run leaves out. Names that it does not know are left out.
    """
    parents = {
        str(row["id"]): row["parent"]
        for row in source.read("SELECT id, parent FROM runs ORDER BY created, rowid")
    }
    wanted = list(parents)
    if names:
        wanted = []
        for name in names:
            with suppress(StoreError):
                wanted.append(runs.resolve(source, name))
    found: dict[str, None] = {}
    for run in wanted:
        line: list[str] = []
        at: object = run
        while isinstance(at, str) and at in parents and at not in found and at not in line:
            line.append(at)
            at = parents[at]
        found |= dict.fromkeys(reversed(line))
    return list(found)


def merge(db: Database, source: Database, wanted: Sequence[str]) -> Iterator[MergedRun]:
    """Bring in these runs of the source, each in one transaction. Raises StoreError."""
    if db.read_only:
        raise StoreError(
            f"{db.path} cannot be written",
            "Check its permissions, or name another: --db FILE",
        )
    for run in wanted:
        yield merge_run(db, source, run)
