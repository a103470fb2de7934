"""Read what a run stored about how it was made, so that a report can check what it claims."""

from __future__ import annotations

import json
from dataclasses import dataclass

from align_tui.core.sources import Source
from align_tui.core.types import content_hash
from align_tui.store.database import Database


@dataclass(frozen=True, slots=True)
class ReplySeed:
    """The seed of one stored reply of a sample."""

    scenario: int
    profile: int
    repeat: int
    seed: int


@dataclass(frozen=True, slots=True)
class Hashed:
    """How many texts of a kind are stored, and the names of those that lack their hash."""

    count: int
    unequal: tuple[str, ...]


def reply_seeds(db: Database, run: str, most: int) -> list[ReplySeed]:
    """The seeds of the first `most` replies that were not asked again. Raises StoreError."""
    rows = db.read(
        "SELECT s.scenario, s.profile, s.repeat, r.sampling FROM samples s"
        " JOIN responses r ON r.sample=s.id WHERE s.run=? AND NOT r.retried"
        " AND json_valid(r.sampling) ORDER BY s.id, r.idx LIMIT ?",
        (run, most),
    )
    found = []
    for row in rows:
        seed = json.loads(row["sampling"]).get("seed", 0)
        found.append(ReplySeed(row["scenario"], row["profile"], row["repeat"], seed))
    return found


def temperatures(db: Database, run: str) -> dict[int, float]:
    """By profile, the highest temperature of its stored replies. Raises StoreError."""
    found: dict[int, float] = {}
    for row in db.read(
        "SELECT DISTINCT s.profile, json_extract(r.sampling, '$.temperature') AS temperature"
        " FROM samples s JOIN responses r ON r.sample=s.id"
        " WHERE s.run=? AND json_valid(r.sampling)",
        (run,),
    ):
        found[row["profile"]] = max(found.get(row["profile"], 0.0), row["temperature"] or 0.0)
    return found


def least_repeats(db: Database, run: str) -> dict[int, int]:
    """By profile, how often the question with the fewest decisions was decided."""
    rows = db.read(
        "SELECT profile, min(n) AS least FROM (SELECT profile, scenario, sum(status='done') AS n"
        " FROM samples WHERE run=? GROUP BY profile, scenario) GROUP BY profile",
        (run,),
    )
    return {row["profile"]: row["least"] for row in rows}


def hashed_scenarios(db: Database, run: str) -> Hashed:
    """The run's scenarios, of which each body should have the hash under which it is stored."""
    rows = db.read(
        "SELECT r.key, r.hash, s.body FROM run_scenarios r JOIN scenarios s ON s.hash=r.hash"
        " WHERE r.run=? ORDER BY r.idx",
        (run,),
    )
    unequal = tuple(row["key"] for row in rows if content_hash(row["body"]) != row["hash"])
    return Hashed(len(rows), unequal)


def profile_hashes(db: Database, run: str) -> tuple[str, ...]:
    """The hash under which each profile of the run was stored. Raises StoreError."""
    rows = db.read("SELECT hash FROM run_profiles WHERE run=? ORDER BY idx", (run,))
    return tuple(row["hash"] for row in rows)


def hashed_sources(db: Database, run: str) -> Hashed:
    """The run's prompt templates, functions and code, each with its hash. Raises StoreError."""
    rows = db.read(
        "SELECT DISTINCT r.kind, r.name, s.hash, s.body FROM run_sources r"
        " JOIN sources s ON s.hash=r.hash WHERE r.run=? ORDER BY r.kind, r.name, s.hash",
        (run,),
    )
    found = [Source(row["kind"], row["name"], row["hash"], row["body"]) for row in rows]
    return Hashed(len(found), tuple(f"{e.kind} {e.name}" for e in found if not e.is_whole))
