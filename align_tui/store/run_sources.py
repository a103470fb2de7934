"""Store what a run decides with beside its profiles, and read it back: `sources_of`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import cast

from align_tui.config.profile import Profile
from align_tui.core.attributes import Attributes, attributes_to_json
from align_tui.core.sources import Source, SourceKind, compared_hashes, of_text
from align_tui.core.sources import identity_of as sources_identity
from align_tui.core.types import canonical
from align_tui.store.database import Database, Row
from align_tui.store.run_inputs import RunInputs, read_inputs
from align_tui.studies.sources import StudySources

WHOLE_RUN = -1


def keep_sources(connection: sqlite3.Connection, run: str, sources: StudySources) -> None:
    """Store the sources of a new run."""
    for profile, found in ((WHOLE_RUN, sources.study), *enumerate(sources.profiles)):
        for each in found:
            connection.execute(
                "INSERT OR IGNORE INTO sources VALUES (?,?)", (each.sha256, each.text)
            )
            connection.execute(
                "INSERT OR IGNORE INTO run_sources VALUES (?,?,?,?,?)",
                (run, profile, each.kind, each.name, each.sha256),
            )


def keep_files_of(connection: sqlite3.Connection, run: str, profiles: Sequence[Profile]) -> None:
    """Store the source of a file again that is gone from its place, but that another run stores.

    A child run has its parent's decision-makers, whose files may have been edited since.
    """
    for idx, profile in enumerate(profiles):
        name, sha256 = (getattr(profile.adm, key, "") for key in ("file", "code_sha256"))
        if name and sha256:
            connection.execute(
                "INSERT OR IGNORE INTO run_sources SELECT ?,?,'file',?,hash FROM sources"
                " WHERE hash=?",
                (run, idx, name, sha256),
            )


def identity_of(profile: Profile, inputs: RunInputs, sources: Iterable[Source]) -> str:
    """The identity of a profile in a run: `core.sources.identity_of`."""
    return sources_identity(profile.hash, inputs.definition_of(profile.attributes), sources)


def profile_hashes(db: Database, run: str) -> tuple[str, ...]:
    """The hash of each profile of a run, as the run stores it."""
    rows = db.read("SELECT hash FROM run_profiles WHERE run=? ORDER BY idx", (run,))
    return tuple(row["hash"] for row in rows)


def identities(db: Database, run: str) -> tuple[str | None, ...]:
    """The identity of each profile of a run; None in runs of earlier versions."""
    rows = db.read("SELECT identity FROM run_profiles WHERE run=? ORDER BY idx", (run,))
    return tuple(row["identity"] for row in rows)


def sources_of(db: Database, run: str) -> tuple[Source, ...]:
    """All that a run decides with beside its profiles, each once. Raises StoreError.

    They include attribute definitions and example sets as JSON. A text that a damaged page garbled
    is left out.
    """
    rows = db.read(
        "SELECT DISTINCT r.kind, r.name, s.hash, s.body FROM run_sources r"
        " JOIN sources s ON s.hash=r.hash WHERE r.run=? ORDER BY r.kind, r.name, s.hash",
        (run,),
    )
    found = [*_attributes(read_inputs(db, run).attributes), *_examples(db, run), *_whole(rows)]
    return tuple(found)


def sources_of_profile(db: Database, run: str, profile: int) -> tuple[Source, ...]:
    """The sources in `run_sources` of one profile, by its index. Raises StoreError."""
    return tuple(_whole(_rows_of(db, run, profile)))


def compared_of_profile(db: Database, run: str, profile: int) -> dict[tuple[str, str], str] | None:
    """The hashes of what makes a profile decide, by kind and name; reads no texts.

    None if the run stores none, as runs of earlier versions. Raises StoreError.
    """
    row = db.one("SELECT identity FROM run_profiles WHERE run=? AND idx=?", (run, profile))
    if row is None or row["identity"] is None:
        return None
    rows = db.read(
        "SELECT kind, name, hash FROM run_sources WHERE run=? AND profile=?", (run, profile)
    )
    return compared_hashes(
        Source(cast(SourceKind, row["kind"]), row["name"], row["hash"], "") for row in rows
    )


def _rows_of(db: Database, run: str, profile: int) -> list[Row]:
    return db.read(
        "SELECT r.kind, r.name, s.hash, s.body FROM run_sources r JOIN sources s ON s.hash=r.hash"
        " WHERE r.run=? AND r.profile=? ORDER BY r.kind, r.name",
        (run, profile),
    )


def _whole(rows: Iterable[Row]) -> Iterable[Source]:
    for row in rows:
        found = Source(
            cast(SourceKind, str(row["kind"])), str(row["name"]), str(row["hash"]), str(row["body"])
        )
        if found.is_whole:
            yield found


def _attributes(attributes: Attributes | None) -> Iterable[Source]:
    for body in attributes_to_json(attributes or ()):
        yield of_text("attribute", str(body["id"]), canonical(body))


def _examples(db: Database, run: str) -> Iterable[Source]:
    rows = db.read(
        "SELECT s.hash, s.body FROM run_example_sets r JOIN example_sets s ON s.hash=r.hash"
        " WHERE r.run=? ORDER BY s.hash",
        (run,),
    )
    names = _names_of_sets(db, run)
    for row in rows:
        found = Source("examples", names.get(row["hash"], ""), str(row["hash"]), str(row["body"]))
        if found.is_whole:
            yield found


def _names_of_sets(db: Database, run: str) -> dict[str, str]:
    """The names of the files of each example set, by its hash."""
    found: dict[str, str] = {}
    for row in db.read("SELECT body FROM run_profiles WHERE run=? ORDER BY idx", (run,)):
        try:
            spec = Profile.from_body(json.loads(row["body"])).examples
        except ValueError:
            continue  # garbled by a damaged page
        if spec is not None:
            found.setdefault(spec.set_sha256, ", ".join(spec.scenarios))
    return found
