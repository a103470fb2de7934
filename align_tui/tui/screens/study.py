"""The study screen: what is decided, by whom and why, who is right, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from align_tui.tui import garbage
from align_tui.tui.screens.changes import Changes
from align_tui.tui.screens.doors import Doors
from align_tui.tui.screens.look import Look
from align_tui.tui.screens.painter import Painter
from align_tui.tui.screens.work import Work
from align_tui.tui.snapshot import Snapshot
from align_tui.tui.view.glyphs import Glyphs
from align_tui.tui.view.layout import MIN_HEIGHT, MIN_WIDTH, Layout
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.listing import ScenarioList
from align_tui.tui.widgets.pane import Pane
from align_tui.tui.widgets.panel import ScenarioPanel

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.launch import Launch

NOTICE_S = 6.0


class StudyScreen(Doors):
    """Composition, keys and messages; painting is the Painter's, the store's side is Work's."""

    CSS_PATH = "study.tcss"
    REPLAY: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "step(1)", "next scenario"),
        Binding("k,up", "step(-1)", "previous scenario"),
        Binding("g", "go(0)", "first scenario"),
        Binding("G", "go(-1)", "last scenario"),
        Binding("enter", "run_here", "all profiles decide this scenario, failed ones again"),
        Binding("a", "run_all", "run the whole study"),
        Binding("space", "pause", "pause, go on"),
        Binding("tab", "focus_by(1)", "next pane", priority=True),
        Binding("shift+tab", "focus_by(-1)", "previous pane", priority=True),
        *(Binding(str(n), f"focus_on({n - 1})", f"pane {n}") for n in range(1, 10)),
        Binding("m", "maximise", "maximise the pane"),
        Binding("n", "next(1)", "next wrong, or next hit of a search"),
        Binding("N", "next(-1)", "previous wrong, or previous hit"),
        Binding("l", "list", "show or hide the list"),
        Binding("s", "unfold", "the whole scenario with its labels"),
        Binding("d", "discriminating", "accuracy over all scored, or over discriminating ones"),
        Binding("t", "compare", "next target that the baseline is compared with"),
        Binding("R", "repeat", "next repeat"),
        Binding("r", "runs", "all runs: open, filter, tag, export, delete"),
        Binding("b", "bookmark", "bookmark the decision, or not"),
        Binding("V", "verdict", "your verdict on the decision: agree, disagree, unsure, none"),
        Binding("c", "columns", "compare two columns, of this run or of any"),
        Binding("slash", "search", "search scenarios and reasoning"),
        Binding("i", "inside", "inside the decision: prompt, reply, schema, timings"),
        Binding("e", "edit_scenario", "what if: edit the scenario, a run of its own"),
        Binding("p", "edit_profile", "edit the profile as TOML, a run of its own"),
        Binding("E", "edit_reasoning", "change the reasoning: does it carry the decision?"),
        Binding("v", "steer", "values: set the profile's targets, a run of its own"),
        Binding("question_mark", "help", "help"),
        Binding("escape", "back", "back"),
        Binding("pageup", "page(-1)", "scroll the pane up"),
        Binding("pagedown", "page(1)", "scroll the pane down"),
        Binding("home", "edge(-1)", "top of the pane"),
        Binding("end", "edge(1)", "end of the pane"),
        Binding("q", "leave", "leave"),
    ]

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
        self.look = Look(starting=launch.autostart and not self.REPLAY)
        self.snapshot = Snapshot(run=launch.run)
        self.latest: Snapshot | None = None
        self.status, self.tabs = Lines(id="status"), Lines(id="tabs")
        self.transport, self.keys = Lines(id="transport"), Lines(id="keys")
        self.tallies = Lines(id="tallies")
        self.listing, self.panel = ScenarioList(id="list"), ScenarioPanel(id="panel")
        self.panes = [Pane(index) for index in range(len(study.profiles))]
        self.grid = Container(*self.panes, id="panes")
        self.trouble = Static("", id="trouble", markup=False)
        self.painter = Painter(self, study, glyphs, replay=self.REPLAY)
        self.work = Work(self)
        self.changes = Changes(self)
        self.after_begin: Callable[[], None] | None = None
        self._notices = 0

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
        self.listing.border_title = Content("scenarios" if layout.list_width > 14 else "")
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

    def repaint(self) -> None:
        """Paint the last snapshot again: the user looks at something else."""
        if self.is_attached:
            self.painter.paint(self.snapshot, self.look)

    def changed(self) -> None:
        """What the user looks at may have changed the layout."""
        self.painter.measure(self.look)
        self.repaint()

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
            garbage.settle()

    def on_study_screen_then(self, message: Then) -> None:
        """Go on with the result of a job."""
        message.what()

    def on_scenario_list_chosen(self, message: ScenarioList.Chosen) -> None:
        """A line of the list was clicked."""
        self.action_go(message.scenario)

    def on_descendant_focus(self) -> None:
        """A pane was focused, by key or by mouse."""
        focused = self.focused
        if isinstance(focused, Pane) and focused.profile != self.look.focus:
            self.look.focus = focused.profile
            self.changed()

    # Said to the user

    def say(self, text: str) -> None:
        """A line in place of the keys, for a moment."""
        self.look.notice = text
        self._notices += 1
        mine = self._notices
        self.set_timer(NOTICE_S, lambda: self._unsay(mine))
        self.repaint()

    def _unsay(self, mine: int) -> None:
        if mine == self._notices:
            self.look.notice = ""
            self.repaint()

    def complain(self, message: str, detail: str = "") -> None:
        """Something went wrong that the user must see until it is put away."""
        from align_tui.core.text import plain

        self.look.starting = False
        lines = [
            f"! {plain(message)}",
            *plain(detail).splitlines()[-8:],
            "",
            "escape puts this away",
        ]
        self.look.trouble = tuple(lines)
        self.trouble.update(Content("\n".join(lines)))
        self.set_class(True, "-trouble")
        self.repaint()

    def put_away(self) -> None:
        """Put away what went wrong."""
        self.look.trouble = ()
        self.set_class(False, "-trouble")

    # Keys: where to look

    def turn_to(self, scenario: int) -> None:
        """Show a scenario at once; its texts follow from the feed."""
        if scenario != self.look.scenario:
            self.look.scenario, self.look.repeat = scenario, None
            self.work.show()
        self.changed() if self.look.unfolded else self.repaint()

    def action_step(self, by: int) -> None:
        """Next or previous scenario."""
        self.turn_to(max(0, min(len(self.study.scenarios) - 1, self.look.scenario + by)))

    def action_go(self, scenario: int) -> None:
        """A scenario by its number; -1 is the last."""
        self.turn_to(scenario if scenario >= 0 else len(self.study.scenarios) - 1)

    def action_next(self, step: int) -> None:
        """The next hit while there are hits, else the next scenario that someone has wrong."""
        from align_tui.tui.view.marks import next_wrong

        if self.look.hits:
            self.go_to_hit((self.look.hit + step) % len(self.look.hits))
            return
        shown = self.painter.layout.grid.panes if self.painter.layout else ()
        targets = self.painter.targets(self.look)
        found = next_wrong(self.snapshot.rows, targets, shown, self.look.scenario, step)
        if found is None:
            self.say("no scenario is decided wrong")
        else:
            self.turn_to(found)

    def go_to_hit(self, number: int) -> None:
        """Turn to a hit of the search, and to the pane it is in."""
        self.look.hit = number
        scenario, profile = self.look.hits[number]
        if profile is not None:
            self.action_focus_on(profile)
        self.turn_to(scenario)
        self.say(f"hit {number + 1} of {len(self.look.hits)}   n/N next, previous   escape ends")

    def action_focus_on(self, index: int) -> None:
        """Focus a pane by its number."""
        if 0 <= index < len(self.panes):
            self.look.focus = index
            self.changed()
            self.panes[index].focus(scroll_visible=False)

    def action_focus_by(self, by: int) -> None:
        """Focus the next or previous pane."""
        self.action_focus_on((self.look.focus + by) % len(self.panes))

    def action_maximise(self) -> None:
        """One pane, or all."""
        self.look.maximised = not self.look.maximised
        self.changed()

    def action_list(self) -> None:
        """More of the list, or none of it."""
        kind = self.painter.layout.list_kind if self.painter.layout else "hidden"
        self.look.list_asked = kind in ("hidden", "marks")
        self.changed()

    def action_unfold(self) -> None:
        """The whole scenario, or its first lines."""
        self.look.unfolded = not self.look.unfolded
        self.changed()

    def action_discriminating(self) -> None:
        """Which decisions the accuracy counts."""
        self.look.discriminating = not self.look.discriminating
        self.repaint()

    def action_compare(self) -> None:
        """The next target for profiles that have none."""
        from align_tui.tui.screens.painter import comparison_words

        self.look.compare += 1
        self.say(comparison_words(self.study, self.look, self.glyphs))

    def action_repeat(self) -> None:
        """The next repeat of this scenario, in every pane."""
        if self.study.repeat < 2:
            self.say("every scenario is decided once")
            return
        panes = self.snapshot.panes
        now = self.look.repeat
        if now is None:
            now = panes[self.look.focus].repeat if panes else 0
        self.look.repeat = (now + 1) % self.study.repeat
        self.work.show()

    def action_back(self) -> None:
        """Undo what changed the view last."""
        look = self.look
        if look.trouble:
            self.put_away()
        elif look.hits:
            look.hits, look.hit, look.notice = (), -1, ""
        elif look.maximised:
            look.maximised = False
        elif look.unfolded:
            look.unfolded = False
        elif look.list_asked is not None:
            look.list_asked = None
        self.changed()

    def action_page(self, step: int) -> None:
        """Scroll the focused pane, or the unfolded scenario, by a page."""
        target = self.panel if self.look.unfolded else self.panes[self.look.focus].scroller
        if step > 0:
            target.scroll_page_down(animate=False)
        else:
            target.scroll_page_up(animate=False)

    def action_edge(self, step: int) -> None:
        """Scroll the focused pane to its top or end."""
        target = self.panes[self.look.focus].scroller
        if step > 0:
            target.scroll_end(animate=False)
        else:
            target.scroll_home(animate=False)

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

    def action_leave(self) -> None:
        """Leave; ask first while work is running."""
        self.work.leave()
