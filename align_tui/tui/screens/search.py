"""Search: scenarios as one types, reasoning as soon as the database has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from align_tui.tui import jobs
from align_tui.tui.view.listing import window
from align_tui.tui.view.searching import MAX_HITS, Found, hit_line, in_scenarios
from align_tui.tui.view.spans import Line
from align_tui.tui.view.targets import profile_name
from align_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.search import Hit
    from align_tui.tui.screens.study import StudyScreen

Hits = tuple[tuple[int, int | None], ...]


class SearchScreen(ModalScreen[Hits]):
    """Dismissed with all hits, the chosen one first."""

    CSS_PATH = "modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", priority=True),
        Binding("down", "move(1)", "next", priority=True),
        Binding("up", "move(-1)", "previous", priority=True),
        Binding("pagedown", "move(10)", "page down", priority=True),
        Binding("pageup", "move(-10)", "page up", priority=True),
    ]

    def __init__(self, study_screen: StudyScreen) -> None:
        super().__init__(classes="-ascii" if study_screen.glyphs.ascii else "")
        self.study_screen = study_screen
        self.found: list[Found] = []
        self.query_text = ""
        self.searching = False
        self._chosen = self._top = 0
        self._lines = Lines(id="found")

    def compose(self) -> ComposeResult:
        """A line to type in, and what was found."""
        with Vertical(classes="box wide") as box:
            box.border_title = Content("search scenarios and reasoning")
            box.border_subtitle = Content("enter goes there   escape back")
            yield Input(placeholder="words that must all occur")
            yield self._lines

    def on_resize(self) -> None:
        """The lines have another width."""
        self.call_after_refresh(self._paint)

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Scenarios at once; reasoning when the desk has looked."""
        query = self.query_text = event.value.strip()
        self.found = in_scenarios(self.study_screen.study.scenarios, query)
        self._chosen = self._top = 0
        run = self.study_screen.work.run
        if query and run is not None:
            self.searching = True

            def job(db: Database) -> list[Hit]:
                # Whoever types on does not wait for words that are no longer asked for.
                return jobs.search_run(db, run, query) if query == self.query_text else []

            self.study_screen.work.do(job, lambda hits: self._add(query, hits))
        self._paint()

    def _add(self, query: str, hits: list[Hit]) -> None:
        if query != self.query_text or not self.is_attached:
            return
        self.searching = False
        self.found += [Found(hit.scenario, hit.profile, hit.parts) for hit in hits]
        del self.found[MAX_HITS:]
        self._paint()

    def _paint(self) -> None:
        height, width = self._lines.size.height, self._lines.size.width
        if height < 2:
            return
        screen = self.study_screen
        names = [profile_name(profile) for profile in screen.study.profiles]
        self._top = window(self._chosen, len(self.found), height - 1, self._top)
        count = f"{len(self.found)} found" if self.query_text else "type to search"
        lines: list[Line] = [((count + (" ..." if self.searching else ""), "quiet"),)]
        for number in range(self._top, min(len(self.found), self._top + height - 1)):
            cursor = screen.glyphs.cursor if number == self._chosen else " "
            found = self.found[number]
            line = hit_line(found, screen.study.scenarios, names, width - 2, screen.glyphs.more)
            lines.append(((f"{cursor} ", "key"), *line))
        self._lines.paint(lines)

    def action_move(self, by: int) -> None:
        """Choose another hit."""
        self._chosen = max(0, min(len(self.found) - 1, self._chosen + by))
        self._paint()

    @on(Input.Submitted)
    def go(self) -> None:
        """To the chosen hit; the others follow it by n and N."""
        if self.found:
            order = self.found[self._chosen :] + self.found[: self._chosen]
            self.dismiss(tuple((found.scenario, found.profile) for found in order))
