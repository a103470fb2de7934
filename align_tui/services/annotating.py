"""Annotate a run or a decision with tags, a note, a bookmark or a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.run_annotations import Verdict


def tag_run(db: Database, run: str, tags: Iterable[str]) -> tuple[str, ...]:
    """Give a run these tags and no others; returns the tags as stored."""
    from align_tui.store import run_annotations

    return run_annotations.set_tags(db, run, tags)


def note_run(db: Database, run: str, text: str) -> None:
    """Replace a run's note; a blank text removes it."""
    from align_tui.store import run_annotations

    run_annotations.set_note(db, run, text)


def toggle_bookmark(db: Database, sample: int) -> bool:
    """Add or remove a decision's bookmark; returns True if it is bookmarked now."""
    from align_tui.store import run_annotations

    return run_annotations.toggle_bookmark(db, sample)


def next_verdict(db: Database, sample: int) -> Verdict | None:
    """Give a decision the next verdict (agree, disagree, unsure, none), and return it."""
    from align_tui.store import run_annotations

    return run_annotations.next_verdict(db, sample)
