"""Cancelling a run on the command line, and waiting until what ran is back in the queue."""

from __future__ import annotations

import time
from pathlib import Path

from align_tui.cli.options import database_path
from align_tui.output.tables import waiting
from align_tui.output.terminal import say
from align_tui.services.cancel import cancel_run
from align_tui.store import runs, workers
from align_tui.store.database import Database, open_database
from align_tui.store.runs import RunRow

POLL_S = 0.05
STOP_WAIT_S = 10.0
STOPPED = 130
"""What a `run` ends with that was interrupted, or that somebody cancelled meanwhile."""


def cancel(name: str, db_path: Path | None) -> int:
    """Cancel a run and say what came of it; the exit status, 1 where a sample goes on."""
    db = open_database(database_path(db_path), create=False)
    run = runs.resolve(db, name)
    cancelled = cancel_run(db, run)
    if cancelled.nothing:
        say(f"Nothing of run {run} is left to decide.", error=True)
        return 0
    row = wait_until_released(db, run)
    say_stopped("Cancelled", row)
    if row.running:
        say(_goes_on(row.running), error=True)
    return 1 if row.running else 0


def _goes_on(count: int) -> str:
    which = "1 sample is" if count == 1 else f"{count} samples are"
    return (
        f"{which} still with a worker: a decision-maker whose code does not await cannot be stopped"
        " before it ends, and a worker that does not answer is replaced by the next one."
    )


def wait_until_released(db: Database, run: str) -> RunRow:
    """Wait until workers have put back what they decided of a stopped run; the run as it is then.

    Not for longer than 10 s, nor for workers of which none answers.
    """
    until = time.monotonic() + STOP_WAIT_S
    with waiting("waiting until what was being decided is back in the queue"):
        while (row := runs.get_run(db, run)).running and time.monotonic() < until:
            if all(worker.is_silent for worker in workers.living(db)):
                break
            time.sleep(POLL_S)
    return row


def say_stopped(how: str, row: RunRow) -> None:
    """Say on standard error how far the run came, and how it goes on."""
    say(
        f"{how}: {row.done + row.failed} of {row.samples} samples have ended.\n"
        f"  Go on with: align-tui run --resume {row.id}",
        error=True,
    )
