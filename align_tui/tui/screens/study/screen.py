"""The study screen: the decisions of all profiles on a scenario, their reasoning and accuracy."""

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
from align_tui.tui.acts import Command, HoldsKeys, bindings, calls
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

VIEWS_AFTER_S = 2.0  # looking for other packages' views would slow down the first study


class StudyScreen(Screen[None]):
    """Puts the parts together and delivers messages; `acts.py` has its keys.

    `state` is the view state that it starts with.
    """

    CSS_PATH = "study.tcss"
    REPLAY: ClassVar[bool] = False
    SECTION: ClassVar[str] = "study"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = bindings(STUDY_ACTS)

    @dataclass
    class Arrived(Message):
        """The feed has delivered a snapshot to paint."""

    @dataclass
    class Then(Message):
        """A function that another thread wants called in the event loop."""

        what: Callable[[], None]

    def __init__(
        self, launch: Launch, study: Study, glyphs: Glyphs, state: ViewState | None = None
    ) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else "")
        self._first_pane = state.focus if state is not None else None
        self.state = state or ViewState(
            starting=launch.autostart and not self.REPLAY, greets=launch.greets
        )
        self._newest: Snapshot | None = None
        self._announced = False
        self._release: Callable[[], None] = lambda: None  # keys wait for the first snapshot
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
        """Call a function in the event loop, from any thread; False if the screen has closed."""
        return self.post_message(self.Then(what))

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot of the run."""
        return self.session.snapshot

    def _make(self, successor: Successor) -> StudyScreen:
        """The screen of the study that takes the place of this one."""
        old, run = self.session, successor.run
        launch = replace(old.launch, study=None, run=run, autostart=False, replay=False)
        fresh = StudyScreen(launch, successor.study, old.glyphs, successor.state)
        fresh.session.removed = old.removed
        say = fresh.actions.asking.go_on if successor.goes_on else fresh.host.say
        fresh.after_begin = partial(say, successor.notice)
        return fresh

    def compose(self) -> ComposeResult:
        """Paint the widgets before yielding them, so that they are laid out once, with content."""
        if self.presenter.measure(self.session.snapshot, self.state):
            self.presenter.paint(self.session.snapshot, self.state)
        yield from self.widgets.compose()

    def on_mount(self) -> None:
        """Show what is known, then start the feed after the first frame."""
        if isinstance(self.app, HoldsKeys):
            self.session.store.hold = self.app.hold_keys
            self._release = self.app.hold_keys()
        self.widgets.transport.display = self.REPLAY
        if self.widgets.panes:
            self.host.focus_pane(self.state.focus)
        self.call_after_refresh(self.begin)

    def begin(self) -> None:
        """Start the feed and the watch for workers, once the first frame is painted."""
        launch, asking = self.session.launch, self.actions.asking
        self.session.feed.start()
        self.set_timer(VIEWS_AFTER_S, self.actions.viewing.look_for_views)
        if self.session.run is None:
            asking.look_for_models()
        if launch.autostart and not self.REPLAY:
            asking.run_all()
        self.set_interval(1.0, self.actions.workers.watch)
        if self._first_pane is not None:
            self.session.show(self.state)
            self.actions.moving.focus_on(
                self._first_pane
            )  # another pane may have taken the focus since
        if self.after_begin is not None:
            self.after_begin()

    def on_resize(self) -> None:
        """Compute the layout again."""
        if self.presenter.measure(self.session.snapshot, self.state):
            self.host.repaint()
        self.call_after_refresh(self.host.repaint)

    def on_unmount(self) -> None:
        """Stop the feed and close the database."""
        self._release()
        self.session.end()

    def deliver(self, snapshot: Snapshot) -> None:
        """Take a snapshot from the feed's thread; the screen paints only the newest one."""
        self._newest = snapshot
        if not self._announced:
            self._announced = True
            self.post_message(self.Arrived())

    def on_study_screen_arrived(self) -> None:
        """Paint the snapshot that the feed delivered."""
        self._announced = False  # first: a snapshot that comes now is announced again
        snapshot = self._newest
        if snapshot is not None:
            self.session.snapshot = snapshot
            if snapshot.workers or snapshot.counts.running:
                self.state.starting = False
            if snapshot.transport is not None and snapshot.transport.following:
                self.state.scenario = snapshot.scenario
            self.host.repaint()
            self._release()
            gc_tuning.settle()

    def on_study_screen_then(self, message: Then) -> None:
        """Call the function in the event loop."""
        message.what()

    def on_scenario_list_chosen(self, message: ScenarioList.Chosen) -> None:
        """Show the scenario that was clicked."""
        self.actions.moving.turn_to(message.scenario)

    def on_descendant_focus(self) -> None:
        """Take the pane that was focused, by key or by mouse, into the state."""
        focused = self.focused
        if isinstance(focused, Pane) and focused.profile != self.state.focus:
            self.state.focus = focused.profile
            self.host.lay_out()

    def action_act(self, name: str) -> None:
        """Call the act of that name."""
        self.calls[name]()

    def leave(self) -> None:
        """Leave; ask the user first while the run is being decided."""
        self.actions.leaving.leave()

    def commands(self) -> Iterator[Command]:
        """The palette's commands without a key: go to a scenario by its title."""
        for number, scenario in enumerate(self.session.study.scenarios):
            title = one_line(scenario.title or scenario.key, 60)
            go = partial(self.actions.moving.turn_to, number)
            yield f"scenario {number + 1}: {title}", go
