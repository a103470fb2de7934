"""What a run keeps so that its texts and scores stay what they are: definitions, targets, seeds.

An attribute pack or a rule of seeds may change while a run is being decided, or before it is gone
on with. Whatever takes part in a prompt, a seed or a score is therefore stored with the run.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from align_tui.config.attributes import load_attributes
from align_tui.config.study import Study
from align_tui.core.attributes import Attributes, attributes_from_json, attributes_to_json
from align_tui.core.seeds import NEW_RULE, SeedRule
from align_tui.core.targets import Targets, targets_from_json
from align_tui.core.types import Json, canonical, content_hash
from align_tui.store.database import Database
from align_tui.store.domain_tables import keep_targets


@dataclass(frozen=True, slots=True)
class RunInputs:
    """How a run's texts are made: its rule of seeds, and the definitions its prompts quote.

    `attributes` is None for a run of version 0.1, which stored none.
    """

    seed_rule: SeedRule
    attributes: Attributes | None = None

    def definition_of(self, targets: Targets) -> str | None:
        """A hash of what prompts may quote of the targets' attributes; None where it is unknown."""
        if self.attributes is None:
            return None
        bodies: list[Json] = []
        for target in targets:
            found = self.attributes.get(target.attribute)
            if found is not None:
                bodies.append([found.id, found.name, found.definition, found.high, found.low])
        return content_hash(bodies)


def used_attributes(study: Study) -> Attributes:
    """The definitions of all attributes that the study's targets and labels name.

    The study's own definitions count; what they lack is taken from the packs.
    """
    names = dict.fromkeys(
        [target.attribute for profile in study.profiles for target in profile.target]
        + [name for scenario in study.scenarios for name in sorted(scenario.labelled)]
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
    """Store with a new run what keeps it as it is.

    A run that was made from another takes that one's rule of seeds, so that their texts differ by
    the change alone.
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
    """How the texts of the run are made; raises StoreError."""
    row = db.one("SELECT seed_rule, attributes FROM runs WHERE id=?", (run,))
    if row is None:
        return RunInputs(NEW_RULE)
    return RunInputs(_rule(row["seed_rule"]), stored_attributes(row["attributes"]))


def inputs_of_sample(db: Database, sample: int) -> RunInputs:
    """How the text of a sample was made, whichever run it is of; raises StoreError."""
    row = db.one("SELECT run FROM samples WHERE id=?", (sample,))
    return read_inputs(db, str(row["run"])) if row is not None else RunInputs(NEW_RULE)


def _rule(text: object) -> SeedRule:
    return "content" if text == "content" else NEW_RULE


def stored_attributes(text: str | None) -> Attributes | None:
    """The definitions of a run; None where it stored none, or a damaged page garbled them."""
    if text is None:
        return None
    try:
        return attributes_from_json(json.loads(text))
    except (ValueError, KeyError, TypeError):
        return None


def stored_targets(db: Database, run: str) -> dict[str, Targets]:
    """The targets that the run's scores are under, by their key; raises StoreError."""
    found = {}
    for row in db.read("SELECT key, body FROM run_targets WHERE run=? ORDER BY key", (run,)):
        try:
            found[str(row["key"])] = targets_from_json(json.loads(row["body"]))
        except (ValueError, KeyError, TypeError):
            continue  # garbled: whoever asks shows the key
    return found
