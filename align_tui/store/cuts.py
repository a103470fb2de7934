"""Which decisions have a reply that was cut at its cap."""

from __future__ import annotations

import json
from collections.abc import Sequence

from align_tui.core.cuts import Cut, ReplyEnd, cut_of
from align_tui.store.database import Database

PAGE = 500  # samples in one query


def cuts_of(db: Database, samples: Sequence[int]) -> dict[int, Cut]:
    """What was cut, by sample; samples without a cut reply are left out. Raises StoreError."""
    found: dict[int, list[ReplyEnd]] = {}
    schemas: dict[str, object] = {}
    for start in range(0, len(samples), PAGE):
        part = samples[start : start + PAGE]
        marks = ",".join("?" * len(part))
        for row in db.read(
            "SELECT p.sample, p.raw, p.finish, p.schema, p.sampling, t.body FROM responses p"
            f" JOIN texts t ON t.hash=p.schema WHERE p.sample IN ({marks})"
            " ORDER BY p.sample, p.idx",
            part,
        ):
            if row["schema"] not in schemas:
                schemas[row["schema"]] = json.loads(row["body"])
            schema = schemas[row["schema"]]
            most = json.loads(row["sampling"]).get("max_tokens")
            end = ReplyEnd(
                row["raw"],
                schema if isinstance(schema, dict) else {},
                row["finish"],
                most if isinstance(most, int) else 0,
            )
            found.setdefault(row["sample"], []).append(end)
    cuts = {sample: cut_of(replies) for sample, replies in found.items()}
    return {sample: cut for sample, cut in cuts.items() if cut is not None}
