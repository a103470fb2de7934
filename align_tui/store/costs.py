"""What the replies of a sample cost: calls, tokens, and how their seconds were spent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from align_tui.core.time_spent import Timeline, TimeSpent, time_spent
from align_tui.store.database import Database, Row


@dataclass(frozen=True, slots=True)
class Cost:
    """The stored replies of one sample, added up.

    `was_retried` is true if a reply was asked again, since the first one was cut. `timelines` has
    for each reply its timeline, from the claim of the sample, and the seconds from the request to
    its first token.
    """

    calls: int = 0
    prompt_tokens: int = 0
    was_retried: bool = False
    timelines: tuple[tuple[Timeline, float], ...] = ()

    def spent(self, latency_s: float, waited_s: float = 0.0) -> TimeSpent | None:
        """The sample's seconds from when it was asked for, divided; None without a reply."""
        return time_spent(latency_s, self.timelines, waited_s)


NO_COST = Cost()


def costs_of(db: Database, samples: Sequence[int]) -> dict[int, Cost]:
    """The cost by sample; a sample without a stored reply is left out. Raises StoreError."""
    found: dict[int, Cost] = {}
    for start in range(0, len(samples), 500):
        part = samples[start : start + 500]
        marks = ",".join("?" * len(part))
        for row in db.read(
            "SELECT sample, prompt_tokens, first_token_s, retried, timeline"
            f" FROM responses WHERE sample IN ({marks}) ORDER BY sample, idx",
            part,
        ):
            found[row["sample"]] = _with(found.get(row["sample"], NO_COST), row)
    return found


def _with(cost: Cost, row: Row) -> Cost:
    timeline = [(float(at), int(count)) for at, count in json.loads(row["timeline"])]
    return Cost(
        cost.calls + 1,
        cost.prompt_tokens + row["prompt_tokens"],
        cost.was_retried or bool(row["retried"]),
        (*cost.timelines, (timeline, float(row["first_token_s"]))),
    )
