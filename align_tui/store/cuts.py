"""Which replies were cut at their cap: of samples, and of a whole run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from align_tui.core.cuts import LENGTH, Cut, ReplyEnd, cut_of, cut_words, least_cap
from align_tui.core.types import JsonObject
from align_tui.store.database import Database, Row

PAGE = 500  # samples in one query
_END = "p.raw, p.finish, p.schema, p.sampling, p.thinking_tokens"


@dataclass(frozen=True, slots=True)
class CutReply:
    """A reply that was cut; `words` say where, such as `reasoning cut at 512 characters`."""

    sample: int
    profile: int
    words: str
    at_token_limit: bool


class _Schemas:
    """The schemas that bound replies, each parsed once, by their hash."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[str, JsonObject] = {}
        self._least: dict[str, float] = {}

    def of(self, digest: str) -> JsonObject:
        if digest not in self._known:
            row = self._db.one("SELECT body FROM texts WHERE hash=?", (digest,))
            body = json.loads(row["body"]) if row is not None else {}
            self._known[digest] = body if isinstance(body, dict) else {}
        return self._known[digest]

    def least(self, digest: str) -> float:
        """The fewest characters of a reply that may have a text at its cap."""
        if digest not in self._least:
            cap = least_cap(self.of(digest))
            self._least[digest] = math.inf if cap is None else cap
        return self._least[digest]


def end_of(row: Row, schema: JsonObject) -> ReplyEnd:
    """How the reply of a row of `responses` ended."""
    sampling = json.loads(row["sampling"])

    def limit(name: str) -> int:
        value = sampling.get(name) if isinstance(sampling, dict) else None
        return value if isinstance(value, int) else 0

    return ReplyEnd(
        row["raw"],
        schema,
        row["finish"],
        limit("max_tokens"),
        int(row["thinking_tokens"]),
        limit("max_thinking_tokens"),
    )


def cuts_of(db: Database, samples: Sequence[int]) -> dict[int, Cut]:
    """What was cut, by sample; samples without a cut reply are left out. Raises StoreError."""
    found: dict[int, list[ReplyEnd]] = {}
    schemas = _Schemas(db)
    for start in range(0, len(samples), PAGE):
        part = samples[start : start + PAGE]
        marks = ",".join("?" * len(part))
        for row in db.read(
            f"SELECT p.sample, {_END} FROM responses p WHERE p.sample IN ({marks})"
            " ORDER BY p.sample, p.idx",
            part,
        ):
            found.setdefault(row["sample"], []).append(end_of(row, schemas.of(row["schema"])))
    cuts = {sample: cut_of(replies) for sample, replies in found.items()}
    return {sample: cut for sample, cut in cuts.items() if cut is not None}


def cut_replies(db: Database, run: str) -> Iterator[CutReply]:
    """Every cut reply of the run's decisions, by sample and reply. Raises StoreError.

    A reply that is shorter than every cap of its schema is not parsed. Nearly all are, so a large
    run takes little time.
    """
    schemas = _Schemas(db)
    for row in db.read(
        f"SELECT p.sample, s.profile, {_END} FROM responses p JOIN samples s ON s.id=p.sample"
        " WHERE s.run=? AND s.status='done' ORDER BY p.sample, p.idx",
        (run,),
    ):
        ended = row["finish"] == LENGTH
        if not (ended or row["thinking_tokens"]) and len(row["raw"]) < schemas.least(row["schema"]):
            continue
        if words := cut_words(end_of(row, schemas.of(row["schema"]))):
            yield CutReply(row["sample"], row["profile"], words, ended)
