"""Which scenarios of a stored run count as independent."""

from __future__ import annotations

import json

from align_tui.core.families import Clustering, ClusterRule, clustering, rule_named
from align_tui.core.scenarios import scenario_from_json
from align_tui.store.database import Database

KEPT = 32  # clusterings that a process remembers

_known: dict[tuple[object, str, ClusterRule], Clustering] = {}


def clustering_of(db: Database, run: str) -> Clustering:
    """The clusters of the run's scenarios, by its study's rule or by the reader's (`db.cluster`).

    The process remembers the last ones, since a run's scenarios never change.
    """
    head = db.one("SELECT cluster FROM runs WHERE id=?", (run,))
    found = db.cluster or rule_named(head["cluster"] if head is not None else None)
    key = db.identity or str(db.path), run, found
    made = _known.get(key)
    if made is None:
        rows = db.read(
            "SELECT s.body FROM run_scenarios r JOIN scenarios s ON s.hash=r.hash"
            " WHERE r.run=? ORDER BY r.idx",
            (run,),
        )
        made = clustering([scenario_from_json(json.loads(row[0])) for row in rows], found)
        while len(_known) >= KEPT:
            _known.pop(next(iter(_known)), None)
        _known[key] = made
    return made
