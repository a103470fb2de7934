"""Read the probabilities of choices of a whole run."""

from __future__ import annotations

import json
import math

from align_tui.store.database import Database


def probabilities_of(db: Database, run: str) -> dict[int, tuple[float, ...]]:
    """By sample, the probability of each choice; samples without probabilities are left out."""
    found: dict[int, tuple[float, ...]] = {}
    for row in db.read(
        "SELECT r.sample, r.probabilities FROM results r JOIN samples s ON s.id=r.sample"
        " WHERE s.run=? AND r.probabilities IS NOT NULL",
        (run,),
    ):
        values = tuple(map(float, json.loads(row["probabilities"])))
        if all(map(math.isfinite, values)):  # earlier versions stored numbers that are not
            found[row["sample"]] = values
    return found
