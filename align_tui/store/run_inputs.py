"""Store with a run what its prompts, seeds and scores depend on: definitions, targets, seed rule.

An attribute pack or the seed rule may change before a run is over, or before somebody resumes it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from align_tui.config.attributes import load_attributes
from align_tui.config.study import Study
from align_tui.core.attributes import (
    Attributes,
    attributes_from_json,
    attributes_to_json,
    definitions_hash,
)
from align_tui.core.seeds import NEW_RULE, SeedRule
from align_tui.core.targets import Targets, targets_from_json
from align_tui.core.types import canonical
from align_tui.store.database import Database
from align_tui.store.domain_tables import keep_targets


@dataclass(frozen=True, slots=True)
class RunInputs:
    """A run's seed rule and the attribute definitions that its prompts quote.

    `attributes` is None for a run of version 0.1, which stored none.
    """

    seed_rule: SeedRule
    attributes: Attributes | None = None

    def definition_of(self, names: Iterable[str]) -> str | None:
        """A hash of what prompts may quote of these attributes; None if it is unknown."""
        if self.attributes is None:
            return None
        return definitions_hash(self.attributes, names)


def used_attributes(study: Study) -> Attributes:
    """The definitions of all attributes that the study's profiles and labels name.

    The study's own definitions come before those of the packs.
    """
    names = dict.fromkeys(
        [name for profile in study.profiles for name in profile.attributes]
        + [
            name
            for scenario in study.scenarios
            for name in sorted(scenario.labelled | scenario.groups)
        ]
    )
    own, packs = study.attributes, None
    known = {}
    for name in names:
        found = own.get(name) if own is not None else None
        if found is None:
            packs = load_attributes() if packs is None else packs
            found = packs.get(name)
        if found is not None:
            known[found.id] = found
    return Attributes(known)


def write_inputs(
    connection: sqlite3.Connection,
    run: str,
    study: Study,
    attributes: Attributes,
    parent: str | None,
) -> None:
    """Store a new run's seed rule, attribute definitions and targets.

    A child run takes its parent's seed rule, so that their texts differ by the change alone.
    """
    rule: str = NEW_RULE
    if parent is not None:
        row = connection.execute("SELECT seed_rule FROM runs WHERE id=?", (parent,)).fetchone()
        rule = str(row[0]) if row is not None else rule
    connection.execute(
        "UPDATE runs SET seed_rule=?, attributes=? WHERE id=?",
        (rule, canonical(attributes_to_json(attributes)), run),
    )
    keep_targets(connection, run, study.targets_by_id().values())


def read_inputs(db: Database, run: str) -> RunInputs:
    """Read the inputs of a run. Raises StoreError."""
    row = db.one("SELECT seed_rule, attributes FROM runs WHERE id=?", (run,))
    if row is None:
        return RunInputs(NEW_RULE)
    return RunInputs(_rule(row["seed_rule"]), stored_attributes(row["attributes"]))


def inputs_of_sample(db: Database, sample: int) -> RunInputs:
    """Read the inputs of the run that a sample belongs to. Raises StoreError."""
    row = db.one("SELECT run FROM samples WHERE id=?", (sample,))
    return read_inputs(db, str(row["run"])) if row is not None else RunInputs(NEW_RULE)


def _rule(text: object) -> SeedRule:
    return "content" if text == "content" else NEW_RULE


def stored_attributes(text: str | None) -> Attributes | None:
    """The definitions in a run's row; None if it has none, or a damaged page garbled them."""
    if text is None:
        return None
    try:
        return attributes_from_json(json.loads(text))
    except (ValueError, KeyError, TypeError):
        return None


def stored_targets(db: Database, run: str) -> dict[str, Targets]:
    """The targets that the run's decisions are scored against, by key. Raises StoreError."""
    found = {}
    for row in db.read("SELECT key, body FROM run_targets WHERE run=? ORDER BY key", (run,)):
        try:
            found[str(row["key"])] = targets_from_json(json.loads(row["body"]))
        except (ValueError, KeyError, TypeError):
            continue  # garbled: callers show the key instead
    return found
