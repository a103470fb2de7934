"""Two columns of a report under one target, with their test among all others of the report."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.core.stats.comparison import Comparison
from align_tui.core.targets import Targets
from align_tui.output.report.conclusions import conclusion


@dataclass(frozen=True, slots=True)
class Compared:
    """Two columns under one target; `adjusted` is Holm's p over all comparisons of the report."""

    first: str
    second: str
    targets: Targets
    found: Comparison
    margin: float | None
    adjusted: float

    @property
    def conclusion(self) -> str:
        """Which is better, or that they are tied, or which difference could be detected."""
        return conclusion(self.found.difference, self.adjusted, self.margin)
