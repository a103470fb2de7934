"""Search through the reasoning of all runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.tui.screens.finding import FindingScreen
from align_tui.tui.view.history import Place, place_line
from align_tui.tui.view.spans import Line

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.tui.screens.desked import DeskScreen

MOST = 200


def find_places(db: Database, query: str) -> list[Place]:
    """The newest decisions of all runs whose reasoning has all the words."""
    from align_tui.store.search import names_of, search

    hits = search(db, query, limit=MOST)
    names = names_of(db, hits)
    out = []
    for hit in hits:
        if hit.seq in names:
            run, key, who = names[hit.seq]
            where = (hit.run, run, hit.scenario, key, hit.profile, who)
            out.append(Place(*where, hit.repeat, hit.parts))
    return out


class EverywhereScreen(FindingScreen[Place]):
    """Dismissed with the place to go to, or None."""

    HINT = "words that must all occur"

    def __init__(self, below: DeskScreen) -> None:
        keys = "enter opens the run there   escape back"
        super().__init__(below.glyphs, "search the reasoning of all runs", keys)
        self.below = below
        self.found: list[Place] = []
        self.searching = False

    def look_for(self, query: str) -> None:
        """Have the desk look; whoever types on does not wait for what is no longer asked for."""
        self.found, self.searching = [], bool(query)
        if query:
            self.below.do(
                lambda db: find_places(db, query) if query == self.query_text else [],
                lambda found: self._show(query, found),
            )

    def _show(self, query: str, found: list[Place]) -> None:
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
