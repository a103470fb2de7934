"""Cancel a run: workers decide no more of it, and a user can resume it later."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.runs import Cancelled


def cancel_run(db: Database, run: str) -> Cancelled:
    """Stop a run's running and pending samples; how many of each there were.

    Pending samples do not start. A worker notices within a turn of its loop (50 ms) and cancels the
    samples that it decides of the run: a model in its process leaves the reply at the next step,
    and the worker closes streams from servers. These samples go back to the queue, undecided and
    not failed. A decision-maker whose code does not await ends its sample first. The user resumes
    the run with `align-tui run --resume RUN`, or with space on the screen, and gets the same texts.
    Raises StoreError.
    """
    from align_tui.store import runs

    return runs.cancel(db, run)
