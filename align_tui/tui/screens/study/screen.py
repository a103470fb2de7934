"""The study screen: what is decided, by whom and why, who is right, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static

from align_tui.monitor.snapshot import Snapshot
from align_tui.tui import gc_tuning
from align_tui.tui.dialogs.trust import Trusting
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.layout import MIN_HEIGHT, MIN_WIDTH, Layout
from align_tui.tui.screens.study.actions import StudyActions
from align_tui.tui.screens.study.bindings import STUDY
from align_tui.tui.screens.study.columns import Columns
from align_tui.tui.screens.study.edits import Edits
from align_tui.tui.screens.study.looking import Looking
from align_tui.tui.screens.study.presenter import Presenter
from align_tui.tui.screens.study.view_state import ViewState
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.listing import ScenarioList
from align_tui.tui.widgets.pane import Pane
from align_tui.tui.widgets.panel import ScenarioPanel

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.launch import Launch


class StudyScreen(Looking):
    """Composition, keys and messages; painting is the Painter's, the store's side is Work's."""

    CSS_PATH = "study.tcss"
    REPLAY: ClassVar[bool] = False
    SECTION: ClassVar[str] = "study"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = STUDY

    @dataclass
    class Arrived(Message):
        """A snapshot waits in `latest`."""

    @dataclass
    class Then(Message):
        """Something that another thread wants done in the event loop."""

        what: Callable[[], None]

    def __init__(self, launch: Launch, study: Study, glyphs: Glyphs) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else "")
        self.launch, self.study, self.glyphs = launch, study, glyphs
        self.look = ViewState(starting=launch.autostart and not self.REPLAY)
        self.snapshot = Snapshot(run=launch.run)
        self.latest: Snapshot | None = None
        self.status, self.tabs = Lines(id="status"), Lines(id="tabs")
        self.transport, self.keys = Lines(id="transport"), Lines(id="keys")
        self.tallies = Lines(id="tallies")
        self.listing, self.panel = ScenarioList(id="list"), ScenarioPanel(id="panel")
        self.panes = [Pane(index) for index in range(len(study.profiles))]
        self.grid = Container(*self.panes, id="panes")
        self.trouble = Static("", id="trouble", markup=False)
        self.painter = Presenter(self, study, glyphs, replay=self.REPLAY)
        self.work = StudyActions(self)
        self.trusting = Trusting(self)
        self.changes = Edits(self)
        self.columns = Columns(self)
        self.after_begin: Callable[[], None] | None = None

    def compose(self) -> ComposeResult:
        """Status above, list and panes in the middle, tallies and keys below."""
        if self.painter.measure(self.look):  # so that it is laid out once, and not empty
            self.painter.paint(self.snapshot, self.look)
        small = f"This needs {MIN_WIDTH} x {MIN_HEIGHT} cells: please enlarge the terminal."
        yield Static(small, id="small", markup=False)
        yield self.status
        with Horizontal(id="body"):
            yield self.listing
            with Vertical(id="main"):
                yield self.panel
                yield self.tabs
                yield self.grid
        yield self.tallies
        yield self.transport
        yield self.keys
        yield self.trouble

    def on_mount(self) -> None:
        """Paint what is known, then start what can be slow."""
        self.transport.display = self.REPLAY
        if self.panes:
            self.panes[self.look.focus].focus(scroll_visible=False)
        self.call_after_refresh(self.begin)

    def begin(self) -> None:
        """The first frame is out."""
        self.work.begin()
        self.set_interval(1.0, self.work.watch)
        if self.after_begin is not None:
            self.after_begin()

    def on_resize(self) -> None:
        """Everything is measured again."""
        if self.painter.measure(self.look):
            self.repaint()
        self.call_after_refresh(self.repaint)

    def on_unmount(self) -> None:
        """Let go of the database."""
        self.work.end()

    def apply(self, layout: Layout) -> None:
        """Give the widgets their measures."""
        self.set_class(layout.height < 28, "-low")
        self.listing.display = layout.list_kind != "hidden"
        self.listing.styles.width = layout.list_width
        self.panel.styles.height = layout.scenario_height
        self.panel.can_focus = False
        self.tallies.styles.height = layout.tally_rows + (0 if layout.height < 28 else 1)
        grid = layout.grid
        self.tabs.display = grid.tabs
        self.grid.styles.grid_size_columns = grid.columns
        self.grid.styles.grid_size_rows = grid.rows
        for index, pane in enumerate(self.panes):
            pane.display = index in grid.panes
            if pane.display:
                pane.styles.column_span = grid.spans[grid.panes.index(index)]
        self.call_after_refresh(self.repaint)

    # From other threads

    def deliver(self, snapshot: Snapshot) -> None:
        """Called by the feed: only the newest snapshot is painted."""
        waiting = self.latest is not None
        self.latest = snapshot
        if not waiting:
            self.post_message(self.Arrived())

    def on_study_screen_arrived(self) -> None:
        """Paint what the feed brought."""
        snapshot, self.latest = self.latest, None
        if snapshot is not None:
            self.snapshot = snapshot
            if snapshot.workers or snapshot.counts.running:
                self.look.starting = False
            if snapshot.transport is not None and snapshot.transport.following:
                self.look.scenario = snapshot.scenario
            self.repaint()
            gc_tuning.settle()

    def on_study_screen_then(self, message: Then) -> None:
        """Go on with the result of a job."""
        message.what()

    def on_scenario_list_chosen(self, message: ScenarioList.Chosen) -> None:
        """A line of the list was clicked."""
        self.turn_to(message.scenario)

    def on_descendant_focus(self) -> None:
        """A pane was focused, by key or by mouse."""
        focused = self.focused
        if isinstance(focused, Pane) and focused.profile != self.look.focus:
            self.look.focus = focused.profile
            self.changed()

    # Keys: what to do

    def action_run_here(self) -> None:
        """All profiles decide this scenario."""
        self.work.run_here()

    def action_run_all(self) -> None:
        """All profiles decide everything."""
        self.work.run_all()

    def action_pause(self) -> None:
        """Pause or go on."""
        self.work.pause()

    def action_cancel(self) -> None:
        """Stop the run at once."""
        self.work.cancel()

    def action_leave(self) -> None:
        """Leave; ask first while work is running."""
        self.work.leave()
