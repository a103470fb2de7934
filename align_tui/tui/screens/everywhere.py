"""Search through the reasoning of all runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from align_tui.tui.view.history import Place, place_line
from align_tui.tui.view.listing import window
from align_tui.tui.view.spans import Line
from align_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.tui.screens.desked import DeskScreen

MOST = 200


def find_places(db: Database, query: str) -> list[Place]:
    """The newest decisions of all runs whose reasoning has all the words."""
    from align_tui.store.search import search

    out = []
    for hit in search(db, query, limit=MOST):
        row = db.one(
            "SELECT r.name, c.key, p.name AS who FROM runs r"
            " JOIN run_scenarios c ON c.run=r.id AND c.idx=?"
            " JOIN run_profiles p ON p.run=r.id AND p.idx=? WHERE r.id=?",
            (hit.scenario, hit.profile, hit.run),
        )
        if row is not None:
            where = (hit.run, row["name"], hit.scenario, row["key"], hit.profile, row["who"])
            out.append(Place(*where, hit.repeat, hit.parts))
    return out


class EverywhereScreen(ModalScreen[Place]):
    """Dismissed with the place to go to, or None."""

    CSS_PATH = "modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", priority=True),
        Binding("down", "move(1)", "next", priority=True),
        Binding("up", "move(-1)", "previous", priority=True),
        Binding("pagedown", "move(10)", "page down", priority=True),
        Binding("pageup", "move(-10)", "page up", priority=True),
    ]

    def __init__(self, below: DeskScreen) -> None:
        super().__init__(classes="-ascii" if below.glyphs.ascii else "")
        self.below = below
        self.found: list[Place] = []
        self.query_text, self.searching = "", False
        self._chosen = self._top = 0
        self._lines = Lines(id="found")

    def compose(self) -> ComposeResult:
        """A line to type in, and what was found."""
        with Vertical(classes="box wide") as box:
            box.border_title = Content("search the reasoning of all runs")
            box.border_subtitle = Content("enter opens the run there   escape back")
            yield Input(placeholder="words that must all occur")
            yield self._lines

    def on_resize(self) -> None:
        """The lines have another width."""
        self.call_after_refresh(self._paint)

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Look for it; whoever types on does not wait for what is no longer asked for."""
        query = self.query_text = event.value.strip()
        self.found, self._chosen, self._top = [], 0, 0
        self.searching = bool(query)
        if query:
            self.below.do(
                lambda db: find_places(db, query) if query == self.query_text else [],
                lambda found: self._show(query, found),
            )
        self._paint()

    def _show(self, query: str, found: list[Place]) -> None:
        if query == self.query_text and self.is_attached:
            self.found, self.searching = found, False
            self._paint()

    def _paint(self) -> None:
        height, width = self._lines.size.height, self._lines.size.width
        if height < 2:
            return
        glyphs = self.below.glyphs
        self._top = window(self._chosen, len(self.found), height - 1, self._top)
        many = "the newest " if len(self.found) == MOST else ""
        count = f"{many}{len(self.found)} found" if self.query_text else "type to search"
        lines: list[Line] = [((count if not self.searching else "searching", "quiet"),)]
        for number in range(self._top, min(len(self.found), self._top + height - 1)):
            cursor = glyphs.cursor if number == self._chosen else " "
            line = place_line(self.found[number], width - 2, glyphs)
            lines.append(((f"{cursor} ", "key"), *line))
        self._lines.paint(lines)

    def action_move(self, by: int) -> None:
        """Choose another."""
        self._chosen = max(0, min(len(self.found) - 1, self._chosen + by))
        self._paint()

    @on(Input.Submitted)
    def go(self) -> None:
        """To the chosen place."""
        if self.found:
            self.dismiss(self.found[self._chosen])
