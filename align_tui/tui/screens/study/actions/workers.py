"""Start worker processes for what is queued, and report a worker that fails."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from align_tui.monitor.workers import log_tail
from align_tui.tui.format.status_text import silent_words

if TYPE_CHECKING:
    from align_tui.tui.screens.study.host import StudyHost
    from align_tui.tui.screens.study.session import Session
    from align_tui.tui.screens.study.view_state import ViewState

EXPECTED_S = 5.0  # for which a worker that another process started may show no sign of life


class Workers:
    """Starts workers from the screen, and checks them once a second."""

    def __init__(self, state: ViewState, session: Session, host: StudyHost) -> None:
        self.state, self.session, self.host = state, session, host
        self._replaced: set[str] = (
            set()
        )  # workers that do not answer, for which another was started
        self._expected_at: float | None = None  # since when another process's worker is awaited

    def start(self) -> None:
        """Close the shown error, and start a worker unless one answers."""
        self.host.put_away()
        if not self.session.snapshot.workers:
            self.state.starting = True
            self.host.repaint()

        def started(new: bool) -> None:
            if not new and self.session.snapshot.workers:
                self.state.starting = False
            self._expected_at = None if new else time.monotonic()

        self.session.store.ensure_worker(started, self.session.snapshot.silent)

    def watch(self) -> None:
        """Report a worker that ended with an error; replace workers that do not answer."""
        self._replace_silent()
        self._stop_waiting()
        code = self.session.store.worker_ended()
        if code and self.session.snapshot.counts.open:
            ended = f"The worker ended with status {code}"
            message = self.host.names.sentence(ended, "; press {study.pause} to start another")
            self.host.do(lambda _: log_tail(), lambda tail: self.host.complain(message, tail))

    def _stop_waiting(self) -> None:
        """Say no longer that a worker starts, if the one that was there has ended meanwhile."""
        since = self._expected_at
        if self.state.starting and since is not None and time.monotonic() - since > EXPECTED_S:
            self.state.starting, self._expected_at = False, None
            self.host.repaint()

    def _replace_silent(self) -> None:
        """Start another worker if all workers are silent or blocked, with a notice."""
        snapshot = self.session.snapshot
        blocked = [worker for worker in snapshot.workers if worker.is_blocked]
        silent = (*snapshot.silent, *blocked)
        if (
            not silent
            or len(blocked) < len(snapshot.workers)
            or snapshot.state != "active"
            or not snapshot.counts.open
        ):
            return
        fresh = {worker.id for worker in silent} - self._replaced
        if not fresh:
            return
        self._replaced |= fresh

        def started(new: bool) -> None:
            if new:
                self.host.say(f"{silent_words(silent)}: starting another")

        self.session.store.ensure_worker(started, silent)
