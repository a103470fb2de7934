"""The screen with the list of all runs: filter, open, compare, annotate, export, delete them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.widgets import Input

from align_tui.monitor import runs
from align_tui.tui.acts import bindings, calls
from align_tui.tui.format import run_list
from align_tui.tui.format.footer import Key, runs_keys
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.keymap import keys_of
from align_tui.tui.screens.base_screen import BaseScreen
from align_tui.tui.screens.requests import OpenRun
from align_tui.tui.screens.runs.acts import ACTS, RunsActs
from align_tui.tui.screens.runs.looking import RunsLooking
from align_tui.tui.screens.runs.opening import RunsOpening
from align_tui.tui.screens.runs.presenter import RunListPresenter
from align_tui.tui.screens.runs.run_actions import RunActions
from align_tui.tui.screens.runs.state import RunListState
from align_tui.tui.widgets.listing import ScenarioList

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.monitor.rows import Database, RunDetail, RunLine

LOOK_S = 1.0  # seconds between checks whether another process has written


class RunsScreen(BaseScreen):
    """Reads the list and shows it; `acts.py` has its keys."""

    # Textual takes a list too; its base says a string.
    CSS_PATH: ClassVar[list[str]] = ["../base_screen.tcss", "runs.tcss"]  # type: ignore[assignment]
    AUTO_FOCUS = ""  # keys go to the list until the user opens the filter
    SECTION: ClassVar[str] = "runs"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = bindings(ACTS)

    def __init__(self, database: Path, run: str | None, glyphs: Glyphs) -> None:
        super().__init__(database, glyphs)
        self.state = RunListState(run)
        self.presenter = RunListPresenter(self.state, glyphs)
        self.looking = RunsLooking(self.state, self)
        self.run_actions = RunActions(self.state, self)
        opening = RunsOpening(self.state, self)
        self.calls = calls(ACTS, RunsActs(self.looking, opening, self.run_actions, self))
        self.field = Input(placeholder=run_list.filter_help(), id="filter")
        self._version = -1

    def compose(self) -> ComposeResult:
        """The list, and the current run in detail."""
        yield self.presenter.title_bar
        yield self.field
        with Container(id="below"):
            yield self.presenter.list
            yield self.presenter.panel
        yield self.keys

    def on_mount(self) -> None:
        """Read the list, and again whenever another process has written."""
        self.field.display = False
        self.presenter.title_bar.paint([((" reading the runs", "quiet"),)])
        self.reload()
        self.run_actions.load_exporters()
        self.set_interval(LOOK_S, self._look)

    def on_resize(self) -> None:
        """Lay everything out for the new size."""
        self.call_after_refresh(self.repaint)

    def key_list(self) -> list[Key]:
        """The entries of the line of keys."""
        return runs_keys(self.names, self.glyphs, trash=self.state.trash)

    # Reading

    def _look(self) -> None:
        def then(version: int) -> None:
            if version != self._version:
                first, self._version = self._version < 0, version
                self.reload(holds=first)

        self.do(runs.version, then)

    def reload(self, *, holds: bool = True) -> None:
        """Read the list again; the cursor stays on its run. With `holds` keys wait for it."""
        trash = self.state.trash

        def then(lines: list[RunLine]) -> None:
            if trash == self.state.trash:
                self.state.take(lines)
                self.turned()

        self.do(lambda db: runs.list_runs(db, thrown=trash), then, holds=holds)

    def turned(self) -> None:
        """Read the current run, and paint what is known meanwhile."""
        self._read_detail()
        self.repaint()

    def _read_detail(self) -> None:
        state, line = self.state, self.state.current
        if line is None:
            return
        run = line.row.id

        def job(db: Database) -> RunDetail | None:
            return runs.read_run(db, run) if run == state.run else None

        def then(detail: RunDetail | None) -> None:
            if detail is not None and detail.run == state.run:
                state.detail = detail
                self.repaint()

        self.do(job, then)

    def repaint(self) -> None:
        """Paint the whole screen."""
        if not self.is_attached or self.state.lines is None:
            return
        width, height = self.size
        self.set_class(width >= run_list.SIDE_WIDTH, "-wide")
        self.presenter.paint(width, height, self.names, self._how_to_begin())
        self.paint_keys()

    def _how_to_begin(self) -> str:
        """The keys of the study screen that start a run, such as `enter or a`."""
        below = [keys_of(screen) for screen in self.app.screen_stack]
        starts = "study.run_scenario", "study.run_all"
        keys = [next(filter(None, (names.first(each) for names in below)), "") for each in starts]
        return " or ".join(key for key in keys if key)

    def open_run(
        self, run: str, study: Study, *, replay: bool, at: tuple[int, int, int] | None
    ) -> None:
        """Ask the application to show that run in place of all screens."""
        self.post_message(OpenRun(run, study, replay, at))

    def on_scenario_list_chosen(self, message: ScenarioList.Chosen) -> None:
        """Go to the run that was clicked."""
        self.looking.go(message.scenario)

    @on(Input.Changed, "#filter")
    def typed(self, event: Input.Changed) -> None:
        """Filter the list while the user types."""
        self.looking.narrow(event.value.strip())

    @on(Input.Submitted, "#filter")
    def filtered(self) -> None:
        """Keep the filter and return the focus to the list."""
        self.field.display = bool(self.state.query)
        self.set_focus(None)

    def type_filter(self) -> None:
        """Let the user type a filter."""
        self.field.display = True
        self.field.focus()

    def end_filter(self) -> bool:
        """Remove the filter; False if there was none."""
        if self.focused is not self.field and not self.state.query:
            return False
        self.field.value = ""
        self.field.display = False
        self.set_focus(None)
        return True

    def scroll_page(self, step: int) -> None:
        """Scroll the details down (1) or up (-1) by a page."""
        if step > 0:
            self.presenter.panel.scroll_page_down(animate=False)
        else:
            self.presenter.panel.scroll_page_up(animate=False)
