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

    `was_retried` is true if a reply was asked again, since the first one was cut, and
    `thinking_was_cut` if a model thought until its limit. `timelines` has for each reply its
    timeline, from the claim of the sample, and the seconds from the request to its first token.
    """

    calls: int = 0
    prompt_tokens: int = 0
    was_retried: bool = False
    thinking_was_cut: bool = False
    timelines: tuple[tuple[Timeline, float], ...] = ()

    def spent(self, latency_s: float) -> TimeSpent | None:
        """The sample's seconds, divided; None without a reply."""
        return time_spent(latency_s, self.timelines)


NO_COST = Cost()


def costs_of(db: Database, samples: Sequence[int]) -> dict[int, Cost]:
    """The cost by sample; a sample without a stored reply is left out. Raises StoreError."""
    found: dict[int, Cost] = {}
    for start in range(0, len(samples), 500):
        part = samples[start : start + 500]
        marks = ",".join("?" * len(part))
        for row in db.read(
            "SELECT sample, prompt_tokens, thinking_tokens, first_token_s, retried, sampling,"
            f" timeline FROM responses WHERE sample IN ({marks}) ORDER BY sample, idx",
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
        cost.thinking_was_cut or _thought_to_the_limit(row),
        (*cost.timelines, (timeline, float(row["first_token_s"]))),
    )


def _thought_to_the_limit(row: Row) -> bool:
    thought = int(row["thinking_tokens"])
    most = json.loads(row["sampling"]).get("max_thinking_tokens") if thought else None
    return isinstance(most, int) and 0 < most <= thought
