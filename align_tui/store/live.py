"""Live text: the worker appends what its models write, and every screen reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from align_tui.store.database import Database


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of one of a sample's generations; `t` is in seconds since the claim.

    A piece without text says that the model begins to read.

    `attempt` is the one that the text belongs to; None means the running one.
    """

    sample: int
    stream: int
    t: float
    text: str
    attempt: int | None = None


def append(db: Database, worker: str, pieces: Iterable[Piece]) -> None:
    """Add the pieces of samples that this worker still holds. Raises StoreError."""
    with db.write() as connection:
        connection.executemany(
            "INSERT INTO live (sample, stream, t, text) SELECT ?,?,?,? WHERE EXISTS"
            " (SELECT 1 FROM samples WHERE id=? AND worker=? AND attempt=ifnull(?, attempt)"
            " AND status='running')",
            [(p.sample, p.stream, p.t, p.text, p.sample, worker, p.attempt) for p in pieces],
        )


def read_since(
    db: Database, samples: Sequence[int], after: int
) -> tuple[list[tuple[int, Piece]], int]:
    """Read the pieces of samples after row `after`: ([(row id, piece)], the last row id)."""
    if not samples:
        return [], after
    marks = ",".join("?" * len(samples))
    rows = db.read(
        f"SELECT id, sample, stream, t, text FROM live WHERE sample IN ({marks}) AND id > ?"
        " ORDER BY id",
        (*samples, after),
    )
    found = [
        (row["id"], Piece(row["sample"], row["stream"], row["t"], row["text"])) for row in rows
    ]
    return found, (found[-1][0] if found else after)
