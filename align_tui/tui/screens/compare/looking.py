"""Actions on the rows of the comparison: move, list only those that differ, choose what counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.tui.format.compared_rows import next_difference
from align_tui.tui.format.comparison import versus_words

if TYPE_CHECKING:
    from align_tui.tui.screens.compare.host import CompareHost
    from align_tui.tui.screens.compare.reading import ComparisonReading
    from align_tui.tui.screens.compare.state import ComparisonState


class ComparisonLooking:
    """Moves over the rows, and switches which rows are listed and counted."""

    def __init__(
        self, state: ComparisonState, reading: ComparisonReading, host: CompareHost
    ) -> None:
        self.state, self.reading, self.host = state, reading, host

    def step(self, by: int) -> None:
        """Go `by` rows down."""
        digest = self.state.digest
        if digest is not None:
            self.state.row = max(0, min(len(digest.shown) - 1, self.state.row + by))
            self.host.repaint()

    def go(self, row: int) -> None:
        """Go to that row; -1 is the last."""
        digest = self.state.digest
        if digest is not None:
            self.state.row = row if row >= 0 else max(0, len(digest.shown) - 1)
            self.host.repaint()

    def next_difference(self, step: int) -> None:
        """Go to the next row in which the two columns chose differently."""
        digest = self.state.digest
        if digest is None:
            return
        found = next_difference(digest, self.state.row, step)
        if found is None:
            self.host.say("the two columns chose the same wherever both decided")
        else:
            self.go(found)

    def turn_only(self) -> None:
        """List only the rows that differ, or all."""
        self.state.only = not self.state.only
        self.state.row = 0
        self.reading.work_out()

    def turn_discriminating(self) -> None:
        """Count all scored rows, or the discriminating ones."""
        self.state.discriminating = not self.state.discriminating
        self.reading.work_out()

    def next_versus(self) -> None:
        """Score columns without a target against the next target."""
        self.state.versus_number += 1
        host = self.host
        self.reading.work_out(lambda digest: host.say(versus_words(digest, host.glyphs)))
