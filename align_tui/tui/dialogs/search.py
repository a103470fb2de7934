"""Search: scenarios as one types, reasoning as soon as the database has answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from align_tui.monitor.search import Origin, search_run
from align_tui.tui.dialogs.finder import FinderDialog
from align_tui.tui.format.search import MAX_HITS, Found, hit_line, in_scenarios
from align_tui.tui.format.styled_text import Line
from align_tui.tui.format.targets import profile_name

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.search import Hit
    from align_tui.tui.screens.study.screen import StudyScreen

Hits = tuple[tuple[int, int | None], ...]


class SearchDialog(FinderDialog[Hits]):
    """Dismissed with all hits, the chosen one first."""

    SECTION: ClassVar[str] = "search"  # of a keymap file

    HINT = "words that must all occur"
    TAKES = "goes there"

    def __init__(self, study_screen: StudyScreen) -> None:
        super().__init__(study_screen.glyphs, "search scenarios and reasoning")
        self.study_screen = study_screen
        self.found: list[Found] = []
        self.searching = False
        self._names = [profile_name(profile) for profile in study_screen.study.profiles]

    def look_for(self, query: str) -> None:
        """Scenarios at once; reasoning when the desk has looked."""
        self.found = in_scenarios(self.study_screen.study.scenarios, query)
        run = self.study_screen.work.run
        if not query or run is None:
            return
        self.searching = True
        origins = self._origins()

        def job(db: Database) -> list[Hit]:
            # Whoever types on does not wait for words that are no longer asked for.
            wanted = query == self.query_text
            return search_run(db, run, query, origins) if wanted else []

        self.study_screen.work.do(job, lambda hits: self._add(query, hits))

    def _origins(self) -> dict[int, Origin]:
        """Where what the run inherited stands in it, by sample."""
        if not self.study_screen.snapshot.counts.inherited:
            return {}
        return {
            cell.sample: (cell.origin, scenario, profile)
            for scenario, row in enumerate(self.study_screen.snapshot.rows)
            for profile, repeats in enumerate(row)
            for cell in repeats
            if cell is not None and cell.origin is not None
        }

    def _add(self, query: str, hits: list[Hit]) -> None:
        if query != self.query_text or not self.is_attached:
            return
        self.searching = False
        self.found += [Found(hit.scenario, hit.profile, hit.parts) for hit in hits]
        del self.found[MAX_HITS:]
        self.paint()

    def count(self) -> int:
        """The hits so far."""
        return len(self.found)

    def head(self) -> tuple[Line, ...]:
        """How many there are, and whether more may come."""
        count = f"{len(self.found)} found" if self.query_text else "type to search"
        return (((count + (" ..." if self.searching else ""), "quiet"),),)

    def row(self, number: int, width: int) -> Line:
        """A scenario, or a decision with its excerpt."""
        scenarios = self.study_screen.study.scenarios
        return hit_line(self.found[number], scenarios, self._names, width, self.glyphs.more)

    def take(self, number: int) -> None:
        """To the chosen hit; the others follow it by the keys that step over hits."""
        order = self.found[number:] + self.found[:number]
        self.dismiss(tuple((found.scenario, found.profile) for found in order))
