"""The replay: the study screen with a transport line, fed from a recording."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType

from align_tui.monitor.feeds.replay import ReplayFeed
from align_tui.tui.format.transport import track
from align_tui.tui.keymap import keys_of
from align_tui.tui.screens.study.screen import StudyScreen

STEP_S = 5.0


class ReplayScreen(StudyScreen):
    """Plays a past run; nothing is asked of any model."""

    REPLAY: ClassVar[bool] = True
    SECTION: ClassVar[str] = "replay"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pause", "play, pause", id="replay.pause"),
        Binding("left", "seek(-1)", "back by 5 s", id="replay.seek_back"),
        Binding("right", "seek(1)", "forward by 5 s", id="replay.seek_forward"),
        Binding("shift+left", "decision(-1)", "previous decision", id="replay.previous_decision"),
        Binding("shift+right", "decision(1)", "next decision", id="replay.next_decision"),
        Binding("full_stop", "token(1)", "pause, on by a token", id="replay.next_token"),
        Binding("comma", "token(-1)", "pause, back by a token", id="replay.previous_token"),
        Binding(
            "right_square_bracket",
            "scenario(1)",
            "to where the next scenario is decided",
            id="replay.next_decided_scenario",
        ),
        Binding(
            "left_square_bracket",
            "scenario(-1)",
            "to where the scenario before is decided",
            id="replay.previous_decided_scenario",
        ),
        Binding("T", "time", "go to a time, or to a share of the whole", id="replay.go_to_time"),
        Binding("plus,equals_sign,greater_than_sign", "speed(1)", "faster", id="replay.faster"),
        Binding("minus,less_than_sign", "speed(-1)", "slower", id="replay.slower"),
        Binding("home", "edge(-1)", "start", id="replay.start"),
        Binding("end", "edge(1)", "end", id="replay.end"),
        Binding("f", "follow", "follow what is being decided", id="replay.follow"),
        Binding("enter", "follow", "", id="replay.follow"),
        Binding("a", "nothing", "", id="replay.nothing"),
        Binding("x", "ask_again", "", id="replay.ask_again"),
        Binding("S", "nothing", "", id="replay.nothing"),
    ]

    @property
    def feed(self) -> ReplayFeed:
        """The recording."""
        feed = self.work.feed
        assert isinstance(feed, ReplayFeed)
        return feed

    def turn_to(self, scenario: int) -> None:
        """Show a scenario, and keep to it even where it is the one that was followed to."""
        here = scenario == self.look.scenario
        super().turn_to(scenario)
        if here and self.snapshot.transport is not None and self.snapshot.transport.following:
            self.work.show()

    def action_pause(self) -> None:
        """Play or pause."""
        self.feed.toggle()

    def action_seek(self, step: int) -> None:
        """Five seconds of the recording."""
        self.feed.seek(step * STEP_S)

    def action_decision(self, step: int) -> None:
        """To the next or previous decision."""
        self.feed.seek_decision(step)

    def action_token(self, step: int) -> None:
        """Pause, and go on or back by a token of a text that is shown."""
        self.feed.seek_token(step)

    def action_scenario(self, step: int) -> None:
        """To where the next scenario, or the one before, is first decided."""
        self.look.repeat = None
        self.feed.seek_scenario(step)

    def action_time(self) -> None:
        """Ask for a time and go there."""
        from align_tui.tui.dialogs.questions import InputDialog

        def refuse() -> None:
            self.post_message(self.Then(lambda: self.say("no time: try 90, 1:30 or 25 %")))

        def take(words: str | None) -> None:
            if words:
                self.feed.seek_words(words, refuse)

        asked = InputDialog("go to", "", "90, 1:30, 1:02:03 or 25 %", self.glyphs.ascii)
        self.app.push_screen(asked, take)

    @on(events.Click, "#transport")
    def clicked(self, event: events.Click) -> None:
        """The playhead goes where the timeline was clicked."""
        transport = self.snapshot.transport
        if transport is not None:
            first, room = track(transport, self.size.width, self.glyphs)
            if first <= event.x < first + room:
                self.feed.seek_share((event.x - first) / max(1, room - 1))

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

    def action_ask_again(self) -> None:
        """Not of a recording."""
        said = "a replay asks nothing: open the run itself from the list of runs"
        self.say(keys_of(self).sentence(said, " ({study.runs})"))

    def action_nothing(self) -> None:
        """A key of the live screen that a recording has no use for."""

    def action_run_here(self) -> None:
        """Not of a recording, whatever key it has been given."""
        self.action_follow()

    def action_run_all(self) -> None:
        """Not of a recording."""
        self.action_ask_again()
