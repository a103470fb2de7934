"""Cancelling a run: nothing more of it is decided, and it can be gone on with later."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.runs import Cancelled


def cancel_run(db: Database, run: str) -> Cancelled:
    """Stop what runs and what waits of a run; how many samples that concerned.

    What waits does not start. A worker sees it within a turn of its loop (50 ms) and cancels what
    it decides of the run: a model in process leaves its reply at the next step, the stream of a
    server is closed, and the samples go back to the queue, undecided and not failed. A
    decision-maker whose code does not await is not stopped: its sample ends first. The run goes on
    with `align-tui run --resume RUN`, or with space on the screen, to the same texts. Raises
    StoreError.
    """
    from align_tui.store import runs

    return runs.cancel(db, run)
