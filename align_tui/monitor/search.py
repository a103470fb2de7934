"""Search the reasoning of one run, with what it inherits, or of all runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from align_tui.core.text.word_diff import Part

if TYPE_CHECKING:
    from align_tui.monitor.rows import Database, Hit

T = TypeVar("T")
MOST_PLACES = 200
Origin = tuple[str, int, int]  # an inherited decision's run, and its scenario and profile here


@dataclass(frozen=True, slots=True)
class FoundIn:
    """A match in all runs, with the run, scenario and profile that a screen goes to."""

    run: str
    name: str
    scenario: int
    key: str
    profile: int
    who: str
    repeat: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """The first matches of a search, and the `total` number of matches."""

    first: list[T]
    total: int


def search_run(
    db: Database, run: str, query: str, origins: Mapping[int, Origin], limit: int = 200
) -> Page[Hit]:
    """Decisions of this run whose reasoning has all the query's words, the newest first.

    Inherited decisions come after the run's own; `origins` has their places in the run.
    """
    from align_tui.store.search import count, count_among, search

    hits = search(db, query, run=run, limit=limit)
    total = count(db, query, run=run) + count_among(db, query, origins.keys())
    for ancestor in dict.fromkeys(origin for origin, _, _ in origins.values()):
        for hit in search(db, query, run=ancestor, limit=limit):
            if hit.sample in origins:
                _, scenario, profile = origins[hit.sample]
                hits.append(replace(hit, scenario=scenario, profile=profile))
    return Page(hits[:limit], total)


def search_all(db: Database, query: str) -> Page[FoundIn]:
    """The newest decisions of all runs whose reasoning has all the query's words."""
    from align_tui.store.search import count, names_of, search

    hits = search(db, query, limit=MOST_PLACES)
    names = names_of(db, hits)
    out = []
    for hit in hits:
        if hit.seq in names:
            run, key, who = names[hit.seq]
            where = (hit.run, run, hit.scenario, key, hit.profile, who)
            out.append(FoundIn(*where, hit.repeat, hit.parts))
    return Page(out, count(db, query))
