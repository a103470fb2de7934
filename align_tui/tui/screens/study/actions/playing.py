"""Actions of the replay: go to a scenario or a time, follow, and refuse to ask a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.monitor.feeds.replay import ReplayFeed
from align_tui.tui.format.transport import track

if TYPE_CHECKING:
    from align_tui.tui.screens.study.host import StudyHost
    from align_tui.tui.screens.study.session import Session
    from align_tui.tui.screens.study.view_state import ViewState

STEP_S = 5.0


class Playing:
    """Controls the feed of a replay."""

    def __init__(self, state: ViewState, session: Session, host: StudyHost) -> None:
        self.state, self.session, self.host = state, session, host

    @property
    def feed(self) -> ReplayFeed:
        """The feed of the replay."""
        feed = self.session.feed
        assert isinstance(feed, ReplayFeed), "this session is a replay"
        return feed

    def next_decided_scenario(self, step: int) -> None:
        """Go to where the next (1) or previous (-1) scenario is first decided."""
        self.state.repeat = None
        self.feed.seek_scenario(step)

    def follow(self) -> None:
        """Follow the scenario that is being decided again."""
        self.state.repeat = None
        self.feed.follow()

    def ask_for_time(self) -> None:
        """Ask the user for a time and go there."""
        from align_tui.tui.dialogs.questions import InputDialog

        def refuse() -> None:
            text = "this is not a time: try 90, 1:30 or 25 %"
            self.session.post(lambda: self.host.say(text))

        def take(words: str | None) -> None:
            if words:
                self.feed.seek_words(words, refuse)

        hint, ascii_only = "90, 1:30, 1:02:03 or 25 %", self.session.glyphs.ascii
        self.host.ask(InputDialog("go to", "", hint, ascii_only, keeps=False), take)

    def click(self, x: int) -> None:
        """Go to the time that was clicked on the timeline, `x` cells from the left."""
        transport = self.session.snapshot.transport
        if transport is not None:
            first, room = track(transport, self.host.width, self.session.glyphs)
            if first <= x < first + room:
                self.feed.seek_share((x - first) / max(1, room - 1))

    def refuse(self) -> None:
        """Say that a replay asks no model."""
        notice = "a replay asks no model: open the run from the list of runs"
        self.host.say(self.host.names.sentence(notice, " ({study.runs})"))

    def nothing(self) -> None:
        """Do nothing, for a key of the live screen that a replay has no use for."""
