"""Migration m008: tables for predictions, relevance, rankings and steps, and a run's targets."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from align_tui.core.targets import Target, Targets, target_id, targets_from_json, targets_to_json
from align_tui.core.types import canonical

# A choice without predictions has one row with '' for the attribute, so that the rows say how many
# choices there are. Relevance does the same. `seed_rule` names the hash of a scenario from which
# seeds come: 'content' (text, choices and labels) in version 0.1, 'seen' since.
# `attributes` is NULL for runs of version 0.1: their prompts quote today's attribute packs.
DOMAIN = """
CREATE TABLE predictions (
  sample INTEGER NOT NULL REFERENCES samples(id) ON DELETE CASCADE,
  choice INTEGER NOT NULL, idx INTEGER NOT NULL, attribute TEXT NOT NULL,
  samples TEXT NOT NULL, reasons TEXT NOT NULL DEFAULT '[]', rater TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (sample, choice, idx)
) WITHOUT ROWID;
CREATE TABLE relevance (
  sample INTEGER NOT NULL REFERENCES samples(id) ON DELETE CASCADE,
  choice INTEGER NOT NULL, idx INTEGER NOT NULL, attribute TEXT NOT NULL,
  value REAL NOT NULL, rater TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (sample, choice, idx)
) WITHOUT ROWID;
CREATE TABLE rankings (
  sample INTEGER PRIMARY KEY REFERENCES samples(id) ON DELETE CASCADE,
  function TEXT NOT NULL, measure TEXT NOT NULL, scores TEXT NOT NULL, best TEXT NOT NULL,
  taken INTEGER NOT NULL, tie_break TEXT NOT NULL, parameters TEXT NOT NULL DEFAULT '{}',
  notes TEXT NOT NULL DEFAULT '[]', sample_taken INTEGER, details TEXT NOT NULL DEFAULT '{}'
) WITHOUT ROWID;
CREATE TABLE steps (
  sample INTEGER NOT NULL REFERENCES samples(id) ON DELETE CASCADE, idx INTEGER NOT NULL,
  name TEXT NOT NULL, seconds REAL NOT NULL,
  PRIMARY KEY (sample, idx)
) WITHOUT ROWID;
CREATE TABLE run_targets (
  run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, key TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (run, key)
) WITHOUT ROWID;
ALTER TABLE runs ADD COLUMN seed_rule TEXT NOT NULL DEFAULT 'content';
ALTER TABLE runs ADD COLUMN attributes TEXT
"""


def keep_targets(connection: sqlite3.Connection, run: str, targets: Iterable[Targets]) -> None:
    """Store targets with the run, by their keys."""
    connection.executemany(
        "INSERT OR IGNORE INTO run_targets VALUES (?,?,?)",
        [(run, target_id(each), canonical(targets_to_json(each))) for each in targets],
    )


def fill_targets(connection: sqlite3.Connection) -> None:
    """Store the targets of runs that have none: from their profiles, else parsed from the keys.

    Runs of version 0.1 have none, and a damaged page may have taken those of others. Targets of
    version 0.1 are numbers of weight 1, so their keys say everything.
    """
    for row in connection.execute("SELECT id FROM runs").fetchall():
        run = str(row[0])
        found: dict[str, Targets] = {}
        for (body,) in connection.execute("SELECT body FROM run_profiles WHERE run=?", (run,)):
            targets = _of_profile(str(body))
            if targets:
                found[target_id(targets)] = targets
        kept = {str(key) for (key,) in connection.execute(
            "SELECT key FROM run_targets WHERE run=?", (run,))}  # fmt: skip
        for (key,) in connection.execute("SELECT DISTINCT target FROM scores WHERE run=?", (run,)):
            if key not in found and key not in kept:
                try:
                    found[str(key)] = targets_from_id(str(key))
                except ValueError:
                    continue  # a damaged page garbled the key
        keep_targets(connection, run, found.values())


def _of_profile(body: str) -> Targets:
    """The targets of a stored profile; empty if it cannot be read."""
    try:
        return targets_from_json(json.loads(body).get("target", []))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


def targets_from_id(text: str) -> Targets:
    """Parse a target key of version 0.1 (`attribute=0.7`, joined by `+`). Raises ValueError."""
    found = []
    for part in text.split("+"):
        name, equals, value = part.rpartition("=")
        if not equals or not name.strip():
            raise ValueError(f"{part!r} is not attribute=value")
        found.append(Target(name.strip(), float(value)))
    return tuple(found)
