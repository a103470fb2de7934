"""`align-tui cancel`: cancel a run, and wait until its running samples are back in the queue."""

from __future__ import annotations

import time
from pathlib import Path

from align_tui.cli.option_values import database_path
from align_tui.core.text.plurals import counted
from align_tui.output.tables import waiting
from align_tui.output.terminal import say
from align_tui.services.cancel import cancel_run
from align_tui.store import runs, workers
from align_tui.store.database import Database, open_database
from align_tui.store.runs import RunRow

POLL_S = 0.05
STOP_WAIT_S = 10.0
STOPPED = 130
"""The exit status of `align-tui run` after an interrupt, and after somebody cancelled the run."""


def cancel(name: str, db_path: Path | None) -> int:
    """Cancel a run and print the outcome; the exit status is 1 if a sample is still running."""
    db = open_database(database_path(db_path), create=False)
    run = runs.resolve(db, name)
    cancelled = cancel_run(db, run)
    if cancelled.nothing:
        say(f"Run {run} has no open samples. There is nothing to cancel.", error=True)
        return 0
    row = wait_until_released(db, run)
    say_stopped("Cancelled", row)
    if row.running:
        say(_still_running(row.running), error=True)
    return 1 if row.running else 0


def _still_running(count: int) -> str:
    return (
        f"Workers still hold {counted(count, 'sample')}. A worker cannot stop a decision-maker "
        "whose code does not await. If a worker does not answer, another one takes over."
    )


def wait_until_released(db: Database, run: str) -> RunRow:
    """Wait until workers have put the samples of a stopped run back, and return the run's row.

    It waits at most 10 s, and not at all if no worker answers.
    """
    until = time.monotonic() + STOP_WAIT_S
    with waiting("waiting for the workers to put their samples back in the queue"):
        while (row := runs.get_run(db, run)).running and time.monotonic() < until:
            if all(worker.is_silent for worker in workers.living(db)):
                break
            time.sleep(POLL_S)
    return row


def say_stopped(how: str, row: RunRow) -> None:
    """Print on stderr how many samples have ended, and how to continue the run."""
    say(
        f"{how}: {row.done + row.failed} of {counted(row.samples, 'sample')} finished.\n"
        f"  To continue: align-tui run --resume {row.id}",
        error=True,
    )
