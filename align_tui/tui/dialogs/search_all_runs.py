"""The dialog to search the reasoning of all runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from align_tui.core.text.display import one_line
from align_tui.monitor.search import FoundIn, Page
from align_tui.tui.dialogs.finder import FinderDialog
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.run_list import place_line
from align_tui.tui.format.search import count_words
from align_tui.tui.format.styled_text import Line, text_of

# Searches for words. The second argument says whether the result is still wanted when the search
# begins.
Search = Callable[[str, Callable[[], bool], Callable[[Page[FoundIn]], None]], None]


class SearchAllRunsDialog(FinderDialog[FoundIn]):
    """Returns the chosen decision's place, or None."""

    SECTION: ClassVar[str] = "search_all_runs"  # of a keymap file

    HINT = "words that must all occur in the reasoning"
    TAKES = "open the run there"

    def __init__(self, search: Search, glyphs: Glyphs) -> None:
        super().__init__(glyphs, "search the reasoning of all runs")
        self.found: list[FoundIn] = []
        self.total = 0
        self.searching = False
        self._search = search

    def look_for(self, query: str) -> None:
        """Search the database; the hits are shown when they arrive."""
        self.found, self.searching = [], bool(query)
        if query:
            self._search(
                query, lambda: query == self.query_text, lambda page: self._show(query, page)
            )

    def _show(self, query: str, page: Page[FoundIn]) -> None:
        if query == self.query_text and self.is_attached:
            self.found, self.total, self.searching = page.first, page.total, False
            self.paint()

    def count(self) -> int:
        """The number of decisions that are listed."""
        return len(self.found)

    def head(self) -> tuple[Line, ...]:
        """The number of hits, or that the search continues."""
        count = count_words(self.total, len(self.found)) if self.query_text else "type to search"
        return (((count if not self.searching else "searching", "quiet"),),)

    def row(self, number: int, width: int) -> Line:
        """A decision with an excerpt."""
        return place_line(self.found[number], width, self.glyphs)

    def is_cut(self, number: int, width: int) -> bool:
        """True if a name in the line is cut."""
        found = self.found[number]
        line = self.row(number, width)
        return any(
            one_line(name) not in text_of(line) for name in (found.name, found.key, found.who)
        )

    def detail(self, number: int) -> str:
        """The run, the scenario and the column by their whole names."""
        found = self.found[number]
        return one_line(f"{found.run} {found.name}: {found.key}, {found.who}", 400)

    def take(self, number: int) -> None:
        """Return the place of the decision."""
        self.dismiss(self.found[number])
