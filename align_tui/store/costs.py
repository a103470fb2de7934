"""What the replies of a sample cost: calls, tokens and seconds, and whether one was cut."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from align_tui.core.replies import reasoning_cap
from align_tui.store.database import Database, Row


@dataclass(frozen=True, slots=True)
class Cost:
    """The stored replies of one sample, added up.

    `reading_s` are the seconds from each request to its first token, with the wait for a place
    in the model's batch; `writing_s` are those from there to the end. Replies that are written
    side by side each count in full, so both may be longer than the sample took. `was_cut` is true
    if a reply, its reasoning or its thinking ended because it reached its cap.
    """

    calls: int = 0
    prompt_tokens: int = 0
    tokens: int = 0
    thinking_tokens: int = 0
    reading_s: float = 0.0
    writing_s: float = 0.0
    was_retried: bool = False
    was_cut: bool = False


NO_COST = Cost()


def costs_of(db: Database, samples: Sequence[int]) -> dict[int, Cost]:
    """The cost by sample; a sample without a stored reply is left out. Raises StoreError."""
    rows: list[Row] = []
    for start in range(0, len(samples), 500):
        part = samples[start : start + 500]
        marks = ",".join("?" * len(part))
        rows += db.read(
            "SELECT sample, prompt_tokens, tokens, thinking_tokens, first_token_s, total_s,"
            " finish, retried, sampling, schema, length(reasoning) AS chars"
            f" FROM responses WHERE sample IN ({marks}) ORDER BY sample, idx",
            part,
        )
    caps = _caps(db, {str(row["schema"]) for row in rows})
    found: dict[int, Cost] = {}
    for row in rows:
        found[row["sample"]] = _with(found.get(row["sample"], NO_COST), row, caps)
    return found


def _with(cost: Cost, row: Row, caps: Mapping[str, int]) -> Cost:
    first = min(row["first_token_s"], row["total_s"])
    return Cost(
        cost.calls + 1,
        cost.prompt_tokens + row["prompt_tokens"],
        cost.tokens + row["tokens"],
        cost.thinking_tokens + row["thinking_tokens"],
        cost.reading_s + first,
        cost.writing_s + row["total_s"] - first,
        cost.was_retried or bool(row["retried"]),
        cost.was_cut or _is_cut(row, caps.get(row["schema"], 0)),
    )


def _is_cut(row: Row, cap: int) -> bool:
    if row["finish"] == "length" or 0 < cap <= row["chars"]:
        return True
    thought = int(row["thinking_tokens"])
    if not thought:
        return False
    most = json.loads(row["sampling"]).get("max_thinking_tokens")
    return isinstance(most, int) and 0 < most <= thought


def _caps(db: Database, schemas: set[str]) -> dict[str, int]:
    """The most characters of reasoning by the hash of a schema; 0 where it sets no limit."""
    found: dict[str, int] = {}
    for hashed in schemas:
        row = db.one("SELECT body FROM texts WHERE hash=?", (hashed,))
        body = json.loads(row["body"]) if row is not None else {}
        found[hashed] = reasoning_cap(body) if isinstance(body, Mapping) else 0
    return found
