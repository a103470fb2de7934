"""`align-tui browse --site`: write runs as pages that need no server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from align_tui.cli.option_values import database_path
from align_tui.output.site.pages import write_site
from align_tui.output.tables import waiting
from align_tui.output.terminal import say
from align_tui.store import runs
from align_tui.store.database import open_database


def write_pages(names: Sequence[str], db_path: Path | None, folder: Path) -> int:
    """Write a site of these runs (all of them if none is named); returns the exit status."""
    db = open_database(database_path(db_path), create=False)
    found = [runs.resolve(db, name) for name in names] or [row.id for row in runs.list_runs(db)]
    if not found:
        say("There is no run yet. Start one: align-tui run", error=True)
        return 1
    with waiting("writing the pages"):
        written = write_site(db, found, folder)
    say(str(written[0]))
    return 0
