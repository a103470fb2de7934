"""Read something for each ended sample on the shown scenario, once a result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from align_tui.store.database import Database
    from align_tui.store.results import Result

Part = TypeVar("Part")


class ReadOnce(ABC, Generic[Part]):
    """Values by sample, for the shown scenario alone; samples without a value are left out."""

    def __init__(self) -> None:
        self.found: Mapping[int, Part] = {}
        self._known: dict[int, int] = {}  # sample: number of the result that was read

    def read(self, db: Database, results: Mapping[int, Result]) -> None:
        """Read the values of new results, and forget samples that are not among `results`."""
        now = {sample: result.seq for sample, result in results.items()}
        if now == self._known:
            return
        new = [sample for sample, seq in now.items() if self._known.get(sample) != seq]
        kept = {sample: part for sample, part in self.found.items() if sample in now}
        for sample in new:
            kept.pop(sample, None)
        self.found, self._known = {**kept, **self._of(db, new)}, now

    @abstractmethod
    def _of(self, db: Database, samples: Sequence[int]) -> Mapping[int, Part]:
        """Read the values of these samples from the store. Raises StoreError."""
