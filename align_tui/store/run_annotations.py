"""Read and write what people add to runs and decisions: tags, notes, bookmarks, verdicts."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, cast

from align_tui.core.errors import StoreError
from align_tui.store.database import Database

Verdict = Literal["agree", "disagree", "unsure"]
VERDICTS: tuple[Verdict, ...] = ("agree", "disagree", "unsure")
MAX_TAG, MAX_NOTE = 40, 20_000


@dataclass(frozen=True, slots=True)
class Annotation:
    """What a person added to one decision."""

    bookmarked: bool = False
    verdict: Verdict | None = None


NOTHING = Annotation()


def set_tags(db: Database, run: str, tags: Iterable[str]) -> tuple[str, ...]:
    """Give a run these tags and no others; the tags as stored (lower case, hyphens for blanks)."""
    kept = sorted({"-".join(tag.casefold().split())[:MAX_TAG] for tag in tags} - {""})
    with db.write() as connection:
        connection.execute("DELETE FROM run_tags WHERE run=?", (run,))
        connection.executemany("INSERT INTO run_tags VALUES (?,?)", [(run, tag) for tag in kept])
    return tuple(kept)


def set_note(db: Database, run: str, body: str) -> None:
    """Replace a run's note; a blank one removes it."""
    with db.write() as connection:
        connection.execute("DELETE FROM run_notes WHERE run=?", (run,))
        if body.strip():
            connection.execute(
                "INSERT INTO run_notes VALUES (?,?,?)", (run, body.strip()[:MAX_NOTE], time.time())
            )


def note_of(db: Database, run: str) -> str:
    """A run's note; empty when it has none."""
    row = db.one("SELECT body FROM run_notes WHERE run=?", (run,))
    return str(row["body"]) if row is not None else ""


def _seq(db: Database, sample: int) -> int:
    row = db.one("SELECT seq FROM results WHERE sample=? AND error_kind IS NULL", (sample,))
    if row is None:
        raise StoreError("This sample has no decision yet that you could annotate")
    return int(row["seq"])


def toggle_bookmark(db: Database, sample: int) -> bool:
    """Add or remove a decision's bookmark; True if it is bookmarked now."""
    seq = _seq(db, sample)
    with db.write() as connection:
        if connection.execute("DELETE FROM bookmarks WHERE seq=?", (seq,)).rowcount:
            return False
        connection.execute("INSERT INTO bookmarks VALUES (?,?)", (seq, time.time()))
    return True


def set_verdict(db: Database, sample: int, verdict: Verdict | None) -> None:
    """Store the user's verdict on a decision; None removes it."""
    seq = _seq(db, sample)
    with db.write() as connection:
        connection.execute("DELETE FROM verdicts WHERE seq=?", (seq,))
        if verdict is not None:
            connection.execute("INSERT INTO verdicts VALUES (?,?,?)", (seq, verdict, time.time()))


def next_verdict(db: Database, sample: int) -> Verdict | None:
    """Go on to the next verdict (agree, disagree, unsure, none); the new one."""
    order = (*VERDICTS, None)
    now = annotation_of(db, sample).verdict
    after = order[(order.index(now) + 1) % len(order)]
    set_verdict(db, sample, after)
    return after


_ANNOTATIONS = """
SELECT r.sample, b.seq IS NOT NULL AS bookmarked, v.verdict FROM results r
JOIN samples s ON s.id=r.sample LEFT JOIN bookmarks b ON b.seq=r.seq
LEFT JOIN verdicts v ON v.seq=r.seq
"""


def annotation_of(db: Database, sample: int) -> Annotation:
    """Read the annotation of one decision."""
    row = db.one(_ANNOTATIONS + " WHERE r.sample=?", (sample,))
    return NOTHING if row is None else _annotation(bool(row["bookmarked"]), row["verdict"])


def annotations_in(db: Database, run: str) -> dict[int, Annotation]:
    """The annotations of a run's decisions, by sample; decisions without any are left out.

    The cost grows with the annotations of all runs, and not with the decisions.
    """
    rows = db.read(
        "SELECT r.sample, b.seq IS NOT NULL AS bookmarked, v.verdict"
        " FROM (SELECT seq FROM bookmarks UNION SELECT seq FROM verdicts) noted"
        " CROSS JOIN results r ON r.seq=noted.seq CROSS JOIN samples s ON s.id=r.sample"
        " LEFT JOIN bookmarks b ON b.seq=noted.seq LEFT JOIN verdicts v ON v.seq=noted.seq"
        " WHERE s.run=?",
        (run,),
    )
    return {row["sample"]: _annotation(bool(row["bookmarked"]), row["verdict"]) for row in rows}


def annotations_on(db: Database, run: str) -> dict[int, Annotation]:
    """The same as `annotations_in`; the cost grows with the decisions of this run."""
    rows = db.read(
        _ANNOTATIONS + " WHERE s.run=? AND (b.seq IS NOT NULL OR v.seq IS NOT NULL)", (run,)
    )
    return {row["sample"]: _annotation(bool(row["bookmarked"]), row["verdict"]) for row in rows}


def _annotation(bookmarked: bool, verdict: object) -> Annotation:
    return Annotation(bookmarked, cast("Verdict | None", verdict))
