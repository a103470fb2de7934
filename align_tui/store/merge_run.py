"""Bring one run of another database into this one, in one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from align_tui.core.types import canonical
from align_tui.store.database import Database
from align_tui.store.merge_check import Refused, check_run
from align_tui.store.merge_copy import Copier, Values
from align_tui.store.merge_rules import RULES, SAME_STUDY, OfRun
from align_tui.store.merge_samples import NOTHING, Brought, bring_samples

Outcome = Literal["added", "extended", "unchanged", "refused"]
JOINT = " | "  # between the values of both databases, in one text
DAYS = "days that prompts give"
_OPEN = "SELECT count(*) FROM samples WHERE run=? AND status IN ('pending', 'running')"


@dataclass(frozen=True, slots=True)
class MergedRun:
    """What became of one run: `open` samples are left, and `notes` say what differs.

    For a run that was refused, `reason` says why, and nothing of it was written.
    """

    run: str
    name: str
    outcome: Outcome
    brought: Brought = NOTHING
    open: int = 0
    notes: tuple[str, ...] = ()
    reason: str = ""


def merge_run(db: Database, source: Database, run: str) -> MergedRun:
    """Bring in a run of `source`, whole or not at all.

    Raises StoreError if this database cannot be written.
    """
    row = source.one("SELECT name FROM runs WHERE id=?", (run,))
    name = str(row["name"]) if row is not None else ""
    try:
        check_run(source, run)
        with db.write() as connection:
            return _merge(Copier(source, connection), run, name)
    except Refused as error:
        return MergedRun(run, name, "refused", reason=error.message)


def _merge(copier: Copier, run: str, name: str) -> MergedRun:
    before = copier.target.total_changes
    [theirs] = copier.theirs("runs", "WHERE t.id", run)
    ours = _row(copier, run)
    notes: list[str] = []
    if ours is None:
        copier.put("runs", theirs | {"parent": _known_parent(copier, theirs), "state": "stopped"})
    else:
        notes += _join(copier, ours, theirs)
    for rule in RULES:
        if isinstance(rule, OfRun) and (ours is None or not rule.only_new):
            notes += _bring_rows(copier, rule, run, is_new=ours is None)
    was_open = _count_open(copier, run)
    brought = bring_samples(copier, run)
    still_open = _count_open(copier, run)
    _set_state(copier, run, str(theirs["state"]), ours, was_open, still_open)
    changed = copier.target.total_changes != before
    outcome: Outcome = "added" if ours is None else "extended" if changed else "unchanged"
    return MergedRun(run, name, outcome, brought, still_open, tuple(notes))


def _row(copier: Copier, run: str) -> Values | None:
    row = copier.target.execute("SELECT * FROM runs WHERE id=?", (run,)).fetchone()
    return dict(zip(row.keys(), row, strict=True)) if row is not None else None


def _count_open(copier: Copier, run: str) -> int:
    return int(copier.target.execute(_OPEN, (run,)).fetchone()[0])


def _set_state(
    copier: Copier, run: str, theirs: str, ours: Values | None, was_open: int, still_open: int
) -> None:
    """Stop a run that brought open samples, so that no worker begins them before `run --resume`."""
    in_trash = copier.target.execute("SELECT 1 FROM trash WHERE run=?", (run,)).fetchone()
    state = str(ours["state"]) if ours is not None else "stopped"
    if in_trash:
        state = "stopped"
        if still_open:
            _change(copier, "UPDATE trash SET state='stopped' WHERE run=? AND state='active'", run)
    elif not still_open:
        state = "active"
    elif ours is None and theirs == "paused":
        state = "paused"
    elif ours is not None and not was_open and state == "active":
        state = "stopped"
    copier.target.execute(
        "UPDATE runs SET state=? WHERE id=? AND state IS NOT ?", (state, run, state)
    )


def _change(copier: Copier, sql: str, run: str) -> None:
    copier.target.execute(sql, (run,))


def _known_parent(copier: Copier, row: Values) -> object:
    """The run's parent if this database has it; None if not, or if it descends from the run."""
    parent, seen = row["parent"], {row["id"]}
    while parent is not None:
        if parent in seen:
            return None
        seen.add(parent)
        found = copier.target.execute("SELECT parent FROM runs WHERE id=?", (parent,)).fetchone()
        if found is None:
            return row["parent"] if parent != row["parent"] else None
        parent = found[0]
    return row["parent"]


def _join(copier: Copier, ours: Values, theirs: Values) -> list[str]:
    """Bring the row of a run that both databases have up to date. Raises Refused."""
    for column in SAME_STUDY:
        if ours[column] != theirs[column]:
            raise Refused(f"another run here has this id: {column} differs")
    versions = _versions(theirs["versions"])
    for key, value in _versions(ours["versions"]).items():
        versions[key] = _joined(value, versions.get(key))
    days = sorted({str(day) for day in (ours["day"], theirs["day"]) if day is not None})
    if len(days) > 1:
        versions[DAYS] = _joined(versions.get(DAYS), JOINT.join(days))
    made: Values = {
        "created": min(float(str(ours["created"])), float(str(theirs["created"]))),
        "day": days[0] if days else None,
        "versions": canonical(versions),
        "notes": json.dumps(list(dict.fromkeys([*_list(ours["notes"]), *_list(theirs["notes"])]))),
        "parent": ours["parent"] if ours["parent"] is not None else _known_parent(copier, theirs),
    }
    for column, new in made.items():
        if ours[column] != new:
            copier.target.execute(f"UPDATE runs SET {column}=? WHERE id=?", (new, ours["id"]))
    if ours["name"] != theirs["name"]:
        return [f"its name is {theirs['name']!r} there"]
    return []


def _versions(text: object) -> dict[str, str]:
    found = json.loads(str(text))
    return {str(key): str(value) for key, value in found.items()}


def _list(text: object) -> list[str]:
    return [str(each) for each in json.loads(str(text))]


def _joined(one: str | None, other: str | None) -> str:
    """Both texts, each part once: joining again, or in the other order, makes the same text."""
    parts = {part for text in (one, other) if text is not None for part in text.split(JOINT)}
    return JOINT.join(sorted(parts))


def _bring_rows(copier: Copier, rule: OfRun, run: str, *, is_new: bool) -> list[str]:
    """Copy the run's rows of one table; notes about what differs. Raises Refused."""
    keys = copier.keys(rule.table)
    ours = {_key(row, keys): row for row in _rows(copier.target, rule.table, run)}
    theirs = {_key(row, keys): row for row in copier.theirs(rule.table, "WHERE t.run", run)}
    if rule.whole and not is_new and ours.keys() != theirs.keys():
        raise Refused(f"another run here has this id: {_words(rule.table)} differ")
    notes = []
    for key, row in theirs.items():
        mine = ours.get(key)
        if mine is None:
            copier.bring_bodies(row, rule.bodies)
            copier.put(rule.table, row)
            continue
        if any(mine[column] != row[column] for column in rule.same):
            raise Refused(f"another run here has this id: {_words(rule.table)} differ")
        for column in rule.joined:
            _join_column(copier, rule.table, column, (keys, key), mine[column], row[column])
        if any(mine[column] != row[column] for column in rule.told):
            notes.append(f"both databases have {_words(rule.table)}, and this one keeps its own")
    return notes


def _join_column(
    copier: Copier,
    table: str,
    column: str,
    at: tuple[Sequence[str], tuple[object, ...]],
    ours: object,
    theirs: object,
) -> None:
    if theirs is None or theirs == ours:
        return
    value = _joined(None if ours is None else str(ours), str(theirs))
    where = " AND ".join(f"{name}=?" for name in at[0])
    if value != ours:
        copier.target.execute(f"UPDATE {table} SET {column}=? WHERE {where}", (value, *at[1]))


def _rows(connection: sqlite3.Connection, table: str, run: str) -> list[Values]:
    found = connection.execute(f"SELECT * FROM {table} WHERE run=?", (run,)).fetchall()
    return [dict(zip(row.keys(), row, strict=True)) for row in found]


def _key(row: Values, keys: Sequence[str]) -> tuple[object, ...]:
    return tuple(row[name] for name in keys)


def _words(table: str) -> str:
    """`its scenarios` of the table run_scenarios."""
    return f"its {table.removeprefix('run_').replace('_', ' ')}"
