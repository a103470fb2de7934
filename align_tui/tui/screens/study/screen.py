"""The study screen: what is decided, by whom and why, who is right, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen

from align_tui.core.text.display import one_line
from align_tui.monitor.snapshot import Snapshot
from align_tui.tui import gc_tuning
from align_tui.tui.acts import Command, bindings, calls
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.screens.study.acts import STUDY_ACTS, make_actions
from align_tui.tui.screens.study.host import Successor
from align_tui.tui.screens.study.presenter import Presenter
from align_tui.tui.screens.study.session import Session
from align_tui.tui.screens.study.textual_host import TextualHost
from align_tui.tui.screens.study.view_state import ViewState
from align_tui.tui.screens.study.widgets import StudyWidgets
from align_tui.tui.widgets.listing import ScenarioList
from align_tui.tui.widgets.pane import Pane

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.launch import Launch


class StudyScreen(Screen[None]):
    """Puts the parts together and delivers messages; what a key does is in `acts.py`.

    `state` says what is looked at from the beginning.
    """

    CSS_PATH = "study.tcss"
    REPLAY: ClassVar[bool] = False
    SECTION: ClassVar[str] = "study"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = bindings(STUDY_ACTS)

    @dataclass
    class Arrived(Message):
        """A snapshot waits to be painted."""

    @dataclass
    class Then(Message):
        """Something that another thread wants done in the event loop."""

        what: Callable[[], None]

    def __init__(
        self, launch: Launch, study: Study, glyphs: Glyphs, state: ViewState | None = None
    ) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else "")
        self._first_pane = state.focus if state is not None else None
        self.state = state or ViewState(starting=launch.autostart and not self.REPLAY)
        self._waiting: Snapshot | None = None
        self.session = Session(
            launch,
            study,
            glyphs,
            replay=self.REPLAY,
            deliver=self.deliver,
            post=self._post,
            failed=lambda message, hint: self.host.complain(message, hint),
        )
        self.widgets = StudyWidgets(self, len(study.profiles), lambda: self.host.repaint())
        self.presenter = Presenter(
            self.widgets,
            study,
            glyphs,
            self.session.scenarios,
            self.session.views,
            replay=self.REPLAY,
        )
        self.host = TextualHost(
            self, self.widgets, self.presenter, self.state, self.session, self._make
        )
        self.actions = make_actions(self.state, self.session, self.host)
        self.calls = calls(STUDY_ACTS, self.actions)
        self.after_begin: Callable[[], None] | None = None

    def _post(self, what: Callable[[], None]) -> bool:
        """Called in any thread: have that done in the event loop; False where it is too late."""
        return self.post_message(self.Then(what))

    @property
    def snapshot(self) -> Snapshot:
        """What is known of the run now."""
        return self.session.snapshot

    def _make(self, successor: Successor) -> StudyScreen:
        """The screen of a study that takes the place of this one."""
        old, run, said = self.session, successor.run, successor.said
        launch = replace(old.launch, study=None, run=run, autostart=False, replay=False)
        fresh = StudyScreen(launch, successor.study, old.glyphs, successor.state)
        fresh.session.removed = old.removed
        say = fresh.actions.asking.go_on if successor.goes_on else fresh.host.say
        fresh.after_begin = partial(say, said)
        return fresh

    def compose(self) -> ComposeResult:
        """The widgets, painted already, so that they are laid out once, and not empty."""
        if self.presenter.measure(self.session.snapshot, self.state):
            self.presenter.paint(self.session.snapshot, self.state)
        yield from self.widgets.compose()

    def on_mount(self) -> None:
        """Paint what is known, then start what can be slow."""
        self.widgets.transport.display = self.REPLAY
        if self.widgets.panes:
            self.host.focus_pane(self.state.focus)
        self.call_after_refresh(self.begin)

    def begin(self) -> None:
        """The first frame is out."""
        launch, asking = self.session.launch, self.actions.asking
        self.session.feed.start()
        self.actions.viewing.look_for_views()
        if self.session.run is None:
            asking.look_for_models()
        if launch.autostart and not self.REPLAY:
            asking.run_all()
        self.set_interval(1.0, self.actions.workers.watch)
        if self._first_pane is not None:
            self.session.show(self.state)
            self.actions.moving.focus_on(self._first_pane)  # whatever has taken the focus since
        if self.after_begin is not None:
            self.after_begin()

    def on_resize(self) -> None:
        """Everything is measured again."""
        if self.presenter.measure(self.session.snapshot, self.state):
            self.host.repaint()
        self.call_after_refresh(self.host.repaint)

    def on_unmount(self) -> None:
        """Let go of the database."""
        self.session.end()

    def deliver(self, snapshot: Snapshot) -> None:
        """Called by the feed in its thread: only the newest snapshot is painted."""
        waits = self._waiting is not None
        self._waiting = snapshot
        if not waits:
            self.post_message(self.Arrived())

    def on_study_screen_arrived(self) -> None:
        """Paint what the feed brought."""
        snapshot, self._waiting = self._waiting, None
        if snapshot is not None:
            self.session.snapshot = snapshot
            if snapshot.workers or snapshot.counts.running:
                self.state.starting = False
            if snapshot.transport is not None and snapshot.transport.following:
                self.state.scenario = snapshot.scenario
            self.host.repaint()
            gc_tuning.settle()

    def on_study_screen_then(self, message: Then) -> None:
        """Go on with the result of a job."""
        message.what()

    def on_scenario_list_chosen(self, message: ScenarioList.Chosen) -> None:
        """A line of the list was clicked."""
        self.actions.moving.turn_to(message.scenario)

    def on_descendant_focus(self) -> None:
        """A pane was focused, by key or by mouse."""
        focused = self.focused
        if isinstance(focused, Pane) and focused.profile != self.state.focus:
            self.state.focus = focused.profile
            self.host.lay_out()

    def action_act(self, name: str) -> None:
        """Do what a key stands for."""
        self.calls[name]()

    def leave(self) -> None:
        """Leave; ask first while work is running."""
        self.actions.leaving.leave()

    def commands(self) -> Iterator[Command]:
        """What the palette can do here beside what has a key: go to a scenario by its title."""
        for number, scenario in enumerate(self.session.study.scenarios):
            title = one_line(scenario.title or scenario.key, 60)
            go = partial(self.actions.moving.turn_to, number)
            yield f"scenario {number + 1}: {title}", go
