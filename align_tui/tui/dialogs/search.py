"""The dialog to search scenarios while the user types, and reasoning when the database answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from align_tui.core.text.display import one_line
from align_tui.tui.dialogs.finder import FinderDialog
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.search import MAX_HITS, Found, Hits, count_words, hit_line, in_scenarios
from align_tui.tui.format.styled_text import Line, text_of

if TYPE_CHECKING:
    from align_tui.core.scenarios import Scenario
    from align_tui.monitor.rows import Hit
    from align_tui.monitor.search import Page

# Searches the reasoning for words. The second argument says whether the result is still wanted
# when the search begins. False if there is no reasoning yet.
SearchReasoning: TypeAlias = (
    "Callable[[str, Callable[[], bool], Callable[[Page[Hit]], None]], bool]"
)


class SearchDialog(FinderDialog[Hits]):
    """Returns the listed hits, the chosen one first; `names` are the names of the profiles."""

    SECTION: ClassVar[str] = "search"  # of a keymap file

    HINT = "words that must all occur in the text"
    TAKES = "go there"

    def __init__(
        self,
        scenarios: Sequence[Scenario],
        names: Sequence[str],
        search: SearchReasoning,
        glyphs: Glyphs,
    ) -> None:
        super().__init__(glyphs, "search scenarios and reasoning")
        self.found: list[Found] = []
        self.total = 0
        self.searching = False
        self._scenarios, self._names, self._search = scenarios, names, search

    def look_for(self, query: str) -> None:
        """Find scenarios at once, and reasoning when the database has been read."""
        self.found, self.total = in_scenarios(self._scenarios, query)
        if query and self._search(
            query, lambda: query == self.query_text, lambda page: self._add(query, page)
        ):
            self.searching = True

    def _add(self, query: str, page: Page[Hit]) -> None:
        if query != self.query_text or not self.is_attached:
            return
        self.searching = False
        self.found += [Found(hit.scenario, hit.profile, hit.parts) for hit in page.first]
        self.total += page.total
        del self.found[MAX_HITS:]
        self.paint()

    def count(self) -> int:
        """The number of hits that are listed."""
        return len(self.found)

    def head(self) -> tuple[Line, ...]:
        """The number of hits, and whether more may come."""
        count = count_words(self.total, len(self.found)) if self.query_text else "type to search"
        return (((count + (" ..." if self.searching else ""), "quiet"),),)

    def row(self, number: int, width: int) -> Line:
        """A scenario, or a decision with an excerpt."""
        found = self.found[number]
        return hit_line(found, self._scenarios, self._names, width, self.glyphs.more)

    def is_cut(self, number: int, width: int) -> bool:
        """True if the scenario's title or the profile's name is cut."""
        return any(name not in text_of(self.row(number, width)) for name in self._names_of(number))

    def detail(self, number: int) -> str:
        """The scenario and the profile by their whole names."""
        return one_line(", ".join(self._names_of(number)), 400)

    def _names_of(self, number: int) -> list[str]:
        found = self.found[number]
        scenario = self._scenarios[found.scenario]
        title = one_line(scenario.title or scenario.key)
        return [title] if found.profile is None else [title, self._names[found.profile]]

    def take(self, number: int) -> None:
        """Return the hits from the chosen one on, so that keys can step over the others."""
        order = self.found[number:] + self.found[:number]
        places = tuple((found.scenario, found.profile) for found in order)
        self.dismiss(Hits(places, max(self.total, len(places))))
