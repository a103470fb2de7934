"""Search through the reasoning of all runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from align_tui.tui.dialogs.finder import FinderDialog
from align_tui.tui.format.run_list import FoundIn, place_line
from align_tui.tui.format.styled_text import Line

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.tui.screens.base_screen import BaseScreen

MOST = 200


def find_places(db: Database, query: str) -> list[FoundIn]:
    """The newest decisions of all runs whose reasoning has all the words."""
    from align_tui.store.search import names_of, search

    hits = search(db, query, limit=MOST)
    names = names_of(db, hits)
    out = []
    for hit in hits:
        if hit.seq in names:
            run, key, who = names[hit.seq]
            where = (hit.run, run, hit.scenario, key, hit.profile, who)
            out.append(FoundIn(*where, hit.repeat, hit.parts))
    return out


class SearchAllRunsScreen(FinderDialog[FoundIn]):
    """Dismissed with the place to go to, or None."""

    SECTION: ClassVar[str] = "search_all_runs"  # of a keymap file

    HINT = "words that must all occur"
    TAKES = "opens the run there"

    def __init__(self, below: BaseScreen) -> None:
        super().__init__(below.glyphs, "search the reasoning of all runs")
        self.below = below
        self.found: list[FoundIn] = []
        self.searching = False

    def look_for(self, query: str) -> None:
        """Have the desk look; whoever types on does not wait for what is no longer asked for."""
        self.found, self.searching = [], bool(query)
        if query:
            self.below.do(
                lambda db: find_places(db, query) if query == self.query_text else [],
                lambda found: self._show(query, found),
            )

    def _show(self, query: str, found: list[FoundIn]) -> None:
        if query == self.query_text and self.is_attached:
            self.found, self.searching = found, False
            self.paint()

    def count(self) -> int:
        """The decisions found."""
        return len(self.found)

    def head(self) -> tuple[Line, ...]:
        """How many there are."""
        many = "the newest " if len(self.found) == MOST else ""
        count = f"{many}{len(self.found)} found" if self.query_text else "type to search"
        return (((count if not self.searching else "searching", "quiet"),),)

    def row(self, number: int, width: int) -> Line:
        """A decision and its excerpt."""
        return place_line(self.found[number], width, self.glyphs)

    def take(self, number: int) -> None:
        """Go there."""
        self.dismiss(self.found[number])
