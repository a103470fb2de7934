"""The thinking of models for the ended samples on the shown scenario."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from align_tui.core.text.display import plain
from align_tui.monitor.feeds.read_once import ReadOnce

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.thinking import Thought


class Thoughts(ReadOnce["Thought"]):
    """Thinking by sample, safe to show."""

    def _of(self, db: Database, samples: Sequence[int]) -> Mapping[int, Thought]:
        from align_tui.store.thinking import thoughts_of

        return {
            sample: replace(thought, text=plain(thought.text))
            for sample, thought in thoughts_of(db, samples).items()
        }
