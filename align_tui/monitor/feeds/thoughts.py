"""What models thought for the ended samples of the shown scenario, read once a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from align_tui.core.text.display import plain

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.results import Result
    from align_tui.store.thinking import Thought


class Thoughts:
    """Kept for the shown scenario alone, safe to show."""

    def __init__(self) -> None:
        self.found: Mapping[int, Thought] = {}
        self._known: dict[int, int] = {}  # sample -> number of the result that was read

    def read(self, db: Database, results: Mapping[int, Result]) -> None:
        """Read what was thought for results that are new; forget all that are not among these."""
        now = {sample: result.seq for sample, result in results.items()}
        if now == self._known:
            return
        from align_tui.store.thinking import thoughts_of

        new = [sample for sample, seq in now.items() if self._known.get(sample) != seq]
        kept = {s: thought for s, thought in self.found.items() if s in now and s not in new}
        for sample, thought in thoughts_of(db, new).items():
            kept[sample] = replace(thought, text=plain(thought.text))
        self.found, self._known = kept, now
