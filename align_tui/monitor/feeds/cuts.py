"""Marks on the decisions of the shown scenario whose replies were cut at their cap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from align_tui.monitor.feeds.read_once import ReadOnce

if TYPE_CHECKING:
    from align_tui.core.cuts import Cut
    from align_tui.store.database import Database
    from align_tui.store.results import Result


class Cuts(ReadOnce["Cut"]):
    """What was cut, by sample."""

    def _of(self, db: Database, samples: Sequence[int]) -> Mapping[int, Cut]:
        from align_tui.store.cuts import cuts_of

        return cuts_of(db, samples)

    def marked(self, results: Mapping[int, Result]) -> dict[int, Result]:
        """The results, with a note first on each whose reply was cut."""
        return {
            sample: replace(result, notes=(self.found[sample].words, *result.notes))
            if sample in self.found
            else result
            for sample, result in results.items()
        }
