"""The action that leaves the screen; while a run is being decided, it asks the user first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.core.text.display import one_line
from align_tui.tui.exit_message import ExitMessage

if TYPE_CHECKING:
    from align_tui.tui.screens.study.actions.asking import Asking
    from align_tui.tui.screens.study.host import StudyHost
    from align_tui.tui.screens.study.session import Session


class Leaving:
    """Ends the application."""

    def __init__(self, session: Session, host: StudyHost, asking: Asking) -> None:
        self.session, self.host, self._asking = session, host, asking

    def leave(self) -> None:
        """Leave at once, or ask the user while the run is being decided."""
        session, snapshot = self.session, self.session.snapshot
        counts = snapshot.counts
        working = snapshot.state == "active" and counts.open
        if session.replay or not (working or counts.running):
            self._end(snapshot.state)
            return
        from align_tui.tui.dialogs.leave import LeaveDialog

        name = one_line(session.study.name)
        self.host.ask(LeaveDialog(name, counts, session.glyphs.ascii), self._answered)

    def _answered(self, answer: str | None) -> None:
        if answer == "leave":
            self._end("active")
        elif answer == "stop":
            self._asking.stop(lambda: self._end("stopped"))

    def _end(self, state: str) -> None:
        """End the application with a message about the run."""
        counts = self.session.snapshot.counts
        ended, go_on = counts.done + counts.failed, self.host.names.first("study.pause")
        self.host.leave(
            ExitMessage(self.session.run, state, ended, counts.total, counts.failed, go_on)
        )
