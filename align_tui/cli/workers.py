"""`align-tui workers`: list the workers of a database, and stop them."""

from __future__ import annotations

import time
from pathlib import Path

from align_tui.cli.option_values import database_path
from align_tui.core.text.plurals import counted
from align_tui.output.tables import console, waiting
from align_tui.output.terminal import say
from align_tui.store import workers
from align_tui.store.database import open_database

STOP_S = 30.0


def list_workers(db_path: Path | None) -> None:
    """Print the workers of the database in the same table as the explorer."""
    from align_tui.tui.format.glyphs import choose_glyphs
    from align_tui.tui.format.styled_text import text_of
    from align_tui.tui.format.workers import SAMPLES, worker_table

    path = database_path(db_path)
    known = workers.list_workers(open_database(path, create=False)) if path.exists() else []
    living = [worker for worker in known if workers.is_alive(worker)]
    if not living:
        say("No worker is running.", error=True)
    if known:
        gone = [worker for worker in known if worker not in living]
        for line in worker_table(living, gone, console().width, choose_glyphs()):
            say(text_of(line).rstrip())
        say(SAMPLES, error=True)


def stop_workers(name: str | None, db_path: Path | None) -> int:
    """Ask workers to end and wait for them; the exit status is 1 if one still runs."""
    db = open_database(database_path(db_path), create=False)
    asked = [w for w in workers.living(db) if w.id.startswith(name or "")]
    workers.ask_to_stop(db, name)
    until = time.monotonic() + STOP_S
    number = counted(len(asked), "worker")
    with waiting(f"waiting for {number} to put the samples back in the queue"):
        while (left := [w for w in asked if workers.is_alive(w)]) and time.monotonic() < until:
            time.sleep(0.05)
    say(f"{len(asked) - len(left)} of {number} ended.", error=True)
    for worker in left:
        if workers.is_here(worker):
            hint = f"kill -KILL {worker.pid} ends it, and its samples go back to the queue"
            say(f"worker {worker.name} does not end: {hint}", error=True)
    return 1 if left or (name and not asked) else 0
