"""Databases of other machines, and what a merge made of them."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from align_tui.store import merge
from align_tui.store.database import Database
from align_tui.store.merge_rules import RULES
from align_tui.store.merge_run import MergedRun
from align_tui.store.merge_source import opened


def copied(path: Path, to: Path) -> Path:
    shutil.copy(path, to)
    return to


def bring(db: Database, path: Path, *names: str) -> list[MergedRun]:
    with opened(path, db) as source:
        return list(merge.merge(db, source, merge.runs_to_merge(source, names)))


def content(db: Database, run: str | None = None) -> dict[str, list[str]]:
    """Every row that a merge copies, with what its ids stand for in place of them."""
    places = {
        row["id"]: [row[name] for name in ("run", "scenario", "profile", "repeat")]
        for row in db.read("SELECT * FROM samples")
    }
    results = {row["seq"]: places[row["sample"]] for row in db.read("SELECT * FROM results")}
    found: dict[str, list[str]] = {}
    for rule in RULES:
        if type(rule).__name__ == "Left":
            continue
        rows = []
        for row in map(dict, db.read(f"SELECT * FROM {rule.table}")):
            for column, known in (("sample", places), ("seq", results)):
                if column in row:
                    row[column] = known[row[column]]
            if rule.table == "samples":
                del row["id"], row["lease"]
                row["attempt"] = 0
                if row["status"] in ("pending", "running"):
                    row |= {"status": "pending", "worker": None, "started": None}
            if rule.table in ("runs", "trash"):
                del row["state"]
            is_shared = rule.table in ("scenarios", "texts", "example_sets")
            if run is None or (not is_shared and run in json.dumps(row)):
                rows.append(json.dumps(row, sort_keys=True))
        found[rule.table] = sorted(rows)
    return found


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def sql(*statements: str) -> Callable[[Path], None]:
    return lambda path: change(path, *statements)
