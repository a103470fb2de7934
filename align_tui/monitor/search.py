"""Searching the reasoning of one run, with what the run inherited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.search import Hit

Origin = tuple[str, int, int]  # of an inherited decision: its run; here its scenario and profile


def search_run(
    db: Database, run: str, query: str, origins: Mapping[int, Origin], limit: int = 200
) -> list[Hit]:
    """Decisions of this run whose reasoning has all the words, the newest first.

    Those that it inherited come after its own; `origins` says where they stand in it.
    """
    from align_tui.store.search import search

    hits = search(db, query, run=run, limit=limit)
    for ancestor in dict.fromkeys(origin for origin, _, _ in origins.values()):
        for hit in search(db, query, run=ancestor, limit=limit):
            if hit.sample in origins:
                _, scenario, profile = origins[hit.sample]
                hits.append(replace(hit, scenario=scenario, profile=profile))
    return hits[:limit]
