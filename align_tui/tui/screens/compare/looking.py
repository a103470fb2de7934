"""Which row of the comparison is looked at, which rows are listed, and what is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.tui.format.comparison import next_difference, versus_words

if TYPE_CHECKING:
    from align_tui.tui.screens.compare.host import CompareHost
    from align_tui.tui.screens.compare.reading import ComparisonReading
    from align_tui.tui.screens.compare.state import ComparisonState


class ComparisonLooking:
    """Moves over the rows, and turns what is listed and counted."""

    def __init__(
        self, state: ComparisonState, reading: ComparisonReading, host: CompareHost
    ) -> None:
        self.state, self.reading, self.host = state, reading, host

    def step(self, by: int) -> None:
        """Another row."""
        digest = self.state.digest
        if digest is not None:
            self.state.row = max(0, min(len(digest.shown) - 1, self.state.row + by))
            self.host.repaint()

    def go(self, row: int) -> None:
        """The first or the last row."""
        digest = self.state.digest
        if digest is not None:
            self.state.row = row if row >= 0 else max(0, len(digest.shown) - 1)
            self.host.repaint()

    def next_difference(self, step: int) -> None:
        """The next row in which the two chose differently."""
        digest = self.state.digest
        if digest is None:
            return
        found = next_difference(digest, self.state.row, step)
        if found is None:
            self.host.say("the two columns chose the same wherever both decided")
        else:
            self.go(found)

    def turn_only(self) -> None:
        """All rows, or those that differ."""
        self.state.only = not self.state.only
        self.state.row = 0
        self.reading.work_out()

    def turn_discriminating(self) -> None:
        """Which rows are counted."""
        self.state.discriminating = not self.state.discriminating
        self.reading.work_out()

    def next_versus(self) -> None:
        """The next of the targets that columns without one can be scored against."""
        self.state.versus_number += 1
        host = self.host
        self.reading.work_out(lambda digest: host.say(versus_words(digest, host.glyphs)))
