"""The replay: the study screen with a transport line, fed from a recording."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from align_tui.tui.feeds.replay import ReplayFeed
from align_tui.tui.screens.study import StudyScreen

STEP_S = 5.0


class ReplayScreen(StudyScreen):
    """Plays a past run; nothing is asked of any model."""

    REPLAY: ClassVar[bool] = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "play, pause"),
        Binding("left", "seek(-1)", "back by 5 s"),
        Binding("right", "seek(1)", "forward by 5 s"),
        Binding("shift+left", "decision(-1)", "previous decision"),
        Binding("shift+right", "decision(1)", "next decision"),
        Binding("plus,equals_sign,greater_than_sign", "speed(1)", "faster"),
        Binding("minus,less_than_sign", "speed(-1)", "slower"),
        Binding("home", "edge(-1)", "start"),
        Binding("end", "edge(1)", "end"),
        Binding("f", "follow", "follow what is being decided"),
        Binding("enter", "follow", ""),
        Binding("a", "nothing", ""),
    ]

    @property
    def feed(self) -> ReplayFeed:
        """The recording."""
        feed = self.work.feed
        assert isinstance(feed, ReplayFeed)
        return feed

    def action_pause(self) -> None:
        """Play or pause."""
        self.feed.toggle()

    def action_seek(self, step: int) -> None:
        """Five seconds of the recording."""
        self.feed.seek(step * STEP_S)

    def action_decision(self, step: int) -> None:
        """To the next or previous decision."""
        self.feed.seek_decision(step)

    def action_speed(self, step: int) -> None:
        """Faster or slower."""
        self.feed.change_speed(step)

    def action_edge(self, step: int) -> None:
        """To the start or the end."""
        self.feed.seek(0.0 if step < 0 else float("inf"), absolute=True)

    def action_follow(self) -> None:
        """Show what is being decided again."""
        self.look.repeat = None
        self.feed.follow()

    def action_nothing(self) -> None:
        """A key of the live screen that a recording has no use for."""
