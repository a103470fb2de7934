"""JSON Lines: every event of a run, a line each."""

from __future__ import annotations

from collections.abc import Iterator

from align_tui.output.events import stored_events
from align_tui.output.exporters.base import Exporter
from align_tui.output.json_text import json_text
from align_tui.store.database import Database


def jsonl(db: Database, run: str) -> Iterator[str]:
    """The run's events, a line each."""
    for event in stored_events(db, run):
        yield json_text(event) + "\n"


JSONL = Exporter("JSON Lines: every event", ".jsonl", jsonl)
