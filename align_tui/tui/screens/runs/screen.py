"""The list of all runs: narrowed down, opened, compared, labelled, exported, thrown away."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Input

from align_tui.tui.format import run_list
from align_tui.tui.format.footer import Key, runs_keys
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line
from align_tui.tui.keymap import keys_of
from align_tui.tui.screens.base_screen import BaseScreen
from align_tui.tui.screens.runs.run_actions import RunActions
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.listing import ScenarioList
from align_tui.tui.widgets.panel import ScenarioPanel

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.history import RunDetail, RunLine
    from align_tui.tui.application import AlignApp
    from align_tui.tui.format.run_list import FoundIn

LOOK_S = 1.0  # how often it is looked whether another process wrote


class RunsScreen(BaseScreen):
    """Which runs there are and which is looked at; what changes them is the Keeping's."""

    # Textual takes a list too; its base says a string.
    CSS_PATH: ClassVar[list[str]] = ["../base_screen.tcss", "runs.tcss"]  # type: ignore[assignment]
    AUTO_FOCUS = ""  # keys go to the list until the filter is asked for
    app: AlignApp
    SECTION: ClassVar[str] = "runs"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "step(1)", "next run", id="runs.next_run"),
        Binding("k,up", "step(-1)", "previous run", id="runs.previous_run"),
        Binding("g,home", "go(0)", "first run", id="runs.first_run"),
        Binding("G,end", "go(-1)", "last run", id="runs.last_run"),
        Binding(
            "enter", "open", "open it; one that another process decides opens live", id="runs.open"
        ),
        Binding("p", "replay", "play it as it was", id="runs.replay"),
        Binding(
            "f",
            "filter",
            "filter: words, tag:paper, is:finished, is:bookmarked, ...",
            id="runs.filter",
        ),
        Binding("slash", "search", "search the reasoning of all runs", id="runs.search"),
        Binding("space", "choose", "choose it for a comparison", id="runs.choose"),
        Binding(
            "c", "compare", "compare the chosen runs' columns, or this run's", id="runs.compare"
        ),
        Binding("t", "tags", "its tags", id="runs.tags"),
        Binding("w", "note", "its note", id="runs.note"),
        Binding("e", "rename", "rename it", id="runs.rename"),
        Binding("x", "export", "export it: data, a report", id="runs.export"),
        Binding("I", "import", "import a run directory of align-system", id="runs.import"),
        Binding(
            "D", "delete", "into the trash; in the trash: remove it for good", id="runs.delete"
        ),
        Binding("u", "undo", "bring back what was deleted last", id="runs.undo"),
        Binding("T", "trash", "look into the trash, and back", id="runs.trash"),
        Binding("S", "cancel", "stop it at once: what is being decided too", id="runs.cancel"),
        Binding("pageup", "page(-1)", "scroll the details up", id="runs.page_up"),
        Binding("pagedown", "page(1)", "scroll the details down", id="runs.page_down"),
        Binding("question_mark", "help", "help", id="runs.help"),
        Binding("escape,q,r", "back", "back", id="runs.back"),
    ]

    def __init__(self, database: Path, run: str | None, glyphs: Glyphs) -> None:
        super().__init__(database, glyphs)
        self.run = run  # the one that is looked at
        self.lines: list[RunLine] = []
        self.shown: list[RunLine] = []
        self.query_text = ""
        self.trash = False
        self.chosen: list[str] = []
        self.detail: RunDetail | None = None
        self.keeping = RunActions(self)
        self._version = -1
        self._loaded = False
        self.title_bar = Lines(classes="title")
        self.field = Input(placeholder=run_list.filter_help(), id="filter")
        self.list = ScenarioList(id="runs")
        self.list.add_class("rows")
        self.panel = ScenarioPanel(id="detail")
        self.panel.add_class("text")

    def compose(self) -> ComposeResult:
        """The list, and the run that is looked at."""
        yield self.title_bar
        yield self.field
        with Container(id="below"):
            yield self.list
            yield self.panel
        yield self.keys

    def on_mount(self) -> None:
        """Read the list, and again whenever somebody wrote."""
        self.field.display = False
        self.list.border_title = Content("runs")
        self.title_bar.paint([((" reading the runs", "quiet"),)])
        self.reload()
        self.set_interval(LOOK_S, self._look)

    def on_resize(self) -> None:
        """Other measures."""
        self.call_after_refresh(self.repaint)

    def key_list(self) -> list[Key]:
        """The keys of this screen."""
        return runs_keys(keys_of(self), self.glyphs, trash=self.trash)

    # Reading

    def _look(self) -> None:
        def job(db: Database) -> int:
            return db.version()

        def then(version: int) -> None:
            if version != self._version:
                self._version = version
                self.reload()

        self.do(job, then)

    def reload(self) -> None:
        """Read the list afresh; the cursor stays on its run."""
        trash = self.trash

        def job(db: Database) -> list[RunLine]:
            from align_tui.store.history import list_history

            return list_history(db, thrown=trash)

        def then(lines: list[RunLine]) -> None:
            if trash == self.trash:
                self.lines, self._loaded = lines, True
                self.narrow()

        self.do(job, then)

    def narrow(self) -> None:
        """Apply the filter."""
        place = self.place
        self.shown = run_list.narrowed(self.lines, self.query_text)
        if self.shown and not any(line.row.id == self.run for line in self.shown):
            self.run = self.shown[min(place, len(self.shown) - 1)].row.id
        self.read_detail()
        self.repaint()

    @property
    def place(self) -> int:
        """Where in the shown list the run stands that is looked at."""
        return next((i for i, line in enumerate(self.shown) if line.row.id == self.run), 0)

    def current(self) -> RunLine | None:
        """The run that is looked at."""
        return self.shown[self.place] if self.shown else None

    def read_detail(self) -> None:
        """What is shown beside the list."""
        line = self.current()
        if line is None:
            return
        run = line.row.id

        def job(db: Database) -> RunDetail | None:
            from align_tui.store.history import read_detail

            return read_detail(db, run) if run == self.run else None

        def then(detail: RunDetail | None) -> None:
            if detail is not None and detail.run == self.run:
                self.detail = detail
                self.repaint()

        self.do(job, then)

    # Painting

    def repaint(self) -> None:
        """Everything."""
        if not self.is_attached or not self._loaded:
            return
        width, height = self.size
        wide = width >= run_list.SIDE_WIDTH
        self.set_class(wide, "-wide")
        size = width * 3 // 5 if wide else width
        self.list.styles.width = size
        self.list.styles.height = "100%" if wide else max(4, (height - 2) // 2)
        self.title_bar.paint(
            (
                run_list.title_line(
                    len(self.shown), len(self.lines), self.query_text, self.trash, width,
                    self.glyphs, keys_of(self),
                ),
            )
        )  # fmt: skip
        self._paint_list(size - 2)
        self._paint_detail()
        self.paint_keys()

    def _paint_list(self, width: int) -> None:
        now, at = time.time(), self.place
        shown = self.shown  # those that are counted below: the list may ask for its lines later

        def make(number: int) -> Line:
            line = shown[number]
            return run_list.run_line(
                line, current=number == at, chosen=line.row.id in self.chosen, width=width,
                now=now, glyphs=self.glyphs,
            )  # fmt: skip

        said = self._no_run()
        if self.trash:
            said = "the trash is empty"
        elif self.lines:
            said = "no run has all of that"
        self.list.empty = (((f" {said}", "quiet"),),)
        self.list.fill(range(len(shown)), at, run_list.run_header(width), make)

    def _no_run(self) -> str:
        """What stands in the list before the first run: which keys of the study begin one."""
        below = [keys_of(screen) for screen in self.app.screen_stack]
        starts = "study.run_scenario", "study.run_all"
        keys = [next(filter(None, (names.first(each) for names in below)), "") for each in starts]
        begin = " or ".join(key for key in keys if key)
        said = "no run here yet"
        return f"{said}: {begin} on the study's screen decides something" if begin else said

    def _paint_detail(self) -> None:
        line = self.current()
        width = max(10, self.panel.size.width - 5)
        lines = run_list.detail_lines(line, self.detail, width, self.glyphs) if line else ()
        self.panel.show(lines, (), (), self.place)

    # Keys: where to look

    def action_step(self, by: int) -> None:
        """Another run."""
        self.action_go(max(0, min(len(self.shown) - 1, self.place + by)))

    def action_go(self, place: int) -> None:
        """The run at that place; -1 is the last."""
        if self.shown:
            self.run = self.shown[place if place < len(self.shown) else -1].row.id
            self.read_detail()
            self.repaint()

    def on_scenario_list_chosen(self, message: ScenarioList.Chosen) -> None:
        """A line was clicked."""
        self.action_go(message.scenario)

    def action_page(self, step: int) -> None:
        """Scroll the details."""
        if step > 0:
            self.panel.scroll_page_down(animate=False)
        else:
            self.panel.scroll_page_up(animate=False)

    def action_filter(self) -> None:
        """Type what the runs are narrowed down by."""
        self.field.display = True
        self.field.focus()

    @on(Input.Changed, "#filter")
    def typed(self, event: Input.Changed) -> None:
        """Narrow down at once."""
        self.query_text = event.value.strip()
        self.narrow()

    @on(Input.Submitted, "#filter")
    def filtered(self) -> None:
        """Keep the filter and go on with the list."""
        self.field.display = bool(self.query_text)
        self.set_focus(None)

    def action_back(self) -> None:
        """Out of the filter, the trash, and at last the screen."""
        if self.focused is self.field or self.query_text:
            self.field.value = ""
            self.field.display = False
            self.set_focus(None)
        elif self.trash:
            self.action_trash()
        else:
            super().action_back()

    def action_trash(self) -> None:
        """Into the trash, and back."""
        self.trash, self.lines, self.shown = not self.trash, [], []
        self.reload()

    def action_choose(self) -> None:
        """Choose it for a comparison, or not."""
        line = self.current()
        if line is not None:
            run = line.row.id
            self.chosen = [r for r in self.chosen if r != run] + [run] * (run not in self.chosen)
            self.action_step(1)

    def action_search(self) -> None:
        """Search all runs, and go to what is chosen."""
        from align_tui.tui.screens.runs.search_all_runs import SearchAllRunsScreen

        def go(place: FoundIn | None) -> None:
            if place is not None:
                self.keeping.open(place.run, place=place)

        self.app.push_screen(SearchAllRunsScreen(self), go)

    # Keys: what is done with a run; each needs one

    def action_open(self) -> None:
        """Open it."""
        self.keeping.with_current(lambda line: self.keeping.open(line.row.id))

    def action_replay(self) -> None:
        """Play it."""
        self.keeping.with_current(lambda line: self.keeping.open(line.row.id, replay=True))

    def action_compare(self) -> None:
        """Compare columns."""
        self.keeping.with_current(self.keeping.compare)

    def action_tags(self) -> None:
        """Change its tags."""
        self.keeping.with_current(self.keeping.tags)

    def action_note(self) -> None:
        """Change its note."""
        self.keeping.with_current(self.keeping.note)

    def action_rename(self) -> None:
        """Call it something else."""
        self.keeping.with_current(self.keeping.rename)

    def action_export(self) -> None:
        """Write it to a file."""
        self.keeping.with_current(self.keeping.export)

    def action_import(self) -> None:
        """Read a run of align-system."""
        self.keeping.import_directory()

    def action_cancel(self) -> None:
        """Stop the run at once."""
        self.keeping.with_current(self.keeping.cancel)

    def action_delete(self) -> None:
        """Throw it away."""
        self.keeping.with_current(self.keeping.delete)

    def action_undo(self) -> None:
        """Bring back."""
        self.keeping.undo()
