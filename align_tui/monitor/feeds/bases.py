"""The bases of the decisions on the shown scenario: predictions, relevance, rankings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from align_tui.monitor.feeds.read_once import ReadOnce

if TYPE_CHECKING:
    from align_tui.store.basis import Basis
    from align_tui.store.database import Database


class Bases(ReadOnce["Basis"]):
    """Bases by sample; a decision without a basis is left out."""

    def _of(self, db: Database, samples: Sequence[int]) -> Mapping[int, Basis]:
        from align_tui.store.basis import NOTHING, bases_of

        found = bases_of(db, samples)
        return {sample: basis for sample, basis in found.items() if basis != NOTHING}
