"""How the repeats of a scenario voted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from align_tui.monitor.snapshot import Repeats


@dataclass(frozen=True, slots=True)
class Vote:
    """The choice that most repeats took, the first of those with as many votes.

    `votes` of the `decided` repeats took it. Repeats that answered in words do not count.
    """

    choice: int
    votes: int
    decided: int

    @property
    def flips(self) -> float:
        """The share (0 to 1) of repeats that did not take this choice."""
        return 1.0 - self.votes / self.decided


def vote(repeats: Repeats) -> Vote | None:
    """The vote of the repeats that decided for a choice; None if none has."""
    if len(repeats) == 1:  # most studies
        cell = repeats[0]
        return None if cell is None or cell.choice is None else Vote(cell.choice, 1, 1)
    counts = Counter(c.choice for c in repeats if c is not None and c.choice is not None)
    if not counts:
        return None
    most = max(counts.values())
    choice = min(choice for choice, votes in counts.items() if votes == most)
    return Vote(choice, most, counts.total())
