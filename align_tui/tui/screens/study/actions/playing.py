"""Playing a recording: on and back, faster and slower. Nothing is asked of any model."""

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
    """Orders for the feed of a replay."""

    def __init__(self, state: ViewState, session: Session, host: StudyHost) -> None:
        self.state, self.session, self.host = state, session, host

    @property
    def feed(self) -> ReplayFeed:
        """The recording."""
        feed = self.session.feed
        assert isinstance(feed, ReplayFeed), "this session is a replay"
        return feed

    def next_decided_scenario(self, step: int) -> None:
        """To where the next scenario, or the one before, is first decided."""
        self.state.repeat = None
        self.feed.seek_scenario(step)

    def follow(self) -> None:
        """Show what is being decided again."""
        self.state.repeat = None
        self.feed.follow()

    def ask_for_time(self) -> None:
        """Ask for a time and go there."""
        from align_tui.tui.dialogs.questions import InputDialog

        def refuse() -> None:
            self.session.post(lambda: self.host.say("no time: try 90, 1:30 or 25 %"))

        def take(words: str | None) -> None:
            if words:
                self.feed.seek_words(words, refuse)

        glyphs = self.session.glyphs
        self.host.ask(InputDialog("go to", "", "90, 1:30, 1:02:03 or 25 %", glyphs.ascii), take)

    def click(self, x: int) -> None:
        """The playhead goes where the timeline was clicked, in cells from the left."""
        transport = self.session.snapshot.transport
        if transport is not None:
            first, room = track(transport, self.host.width, self.session.glyphs)
            if first <= x < first + room:
                self.feed.seek_share((x - first) / max(1, room - 1))

    def refuse(self) -> None:
        """A recording has nothing decided."""
        said = "a replay asks nothing: open the run itself from the list of runs"
        self.host.say(self.host.names.sentence(said, " ({study.runs})"))

    def nothing(self) -> None:
        """A key of the live screen that a recording has no use for."""
