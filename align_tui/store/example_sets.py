"""Store the example sets of a run's profiles with the run, and read them back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable

from align_tui.config.profile import Profile
from align_tui.core.examples.example_set import ExampleSet, example_set_from_json
from align_tui.store.database import Database


def keep_example_sets(
    connection: sqlite3.Connection, run: str, profiles: Iterable[Profile]
) -> None:
    """Store the example sets of a new run's profiles."""
    for profile in profiles:
        spec = profile.examples
        if spec is None or not spec.is_loaded:
            continue
        found = spec.loaded
        pair = (found.sha256, found.body)
        connection.execute("INSERT OR IGNORE INTO example_sets VALUES (?,?)", pair)
        connection.execute(
            "INSERT OR IGNORE INTO run_example_sets VALUES (?,?)", (run, found.sha256)
        )


def with_stored_examples(db: Database, run: str, profiles: list[Profile]) -> tuple[Profile, ...]:
    """The profiles with the example sets that the run stores. Raises StoreError.

    A set that a damaged page garbled is left out: the run can be shown, and not decided.
    """
    if all(profile.examples is None for profile in profiles):
        return tuple(profiles)
    sets: dict[str, ExampleSet] = {}
    for row in db.read(
        "SELECT s.hash, s.body FROM run_example_sets r JOIN example_sets s ON s.hash=r.hash"
        " WHERE r.run=?",
        (run,),
    ):
        try:
            found = example_set_from_json(json.loads(row["body"]))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
        if found.sha256 == row["hash"]:
            sets[found.sha256] = found
    return tuple(_attached(profile, sets) for profile in profiles)


def _attached(profile: Profile, sets: dict[str, ExampleSet]) -> Profile:
    spec = profile.examples
    if spec is None or spec.set_sha256 not in sets:
        return profile
    return profile.model_copy(update={"examples": spec.with_set(sets[spec.set_sha256])})
