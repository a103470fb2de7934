"""The state of the list of runs: all runs, those that pass the filter, those that are chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from align_tui.tui.format.run_list import as_tree, narrowed

if TYPE_CHECKING:
    from align_tui.monitor.rows import RunDetail, RunLine


@dataclass(slots=True)
class RunListState:
    """`run` is the current run; `lines` are all runs, None before they were read.

    `shown` are the runs that pass `query`. `chosen` are the runs to compare, in that order.
    """

    run: str | None
    lines: list[RunLine] | None = None
    shown: list[RunLine] = field(default_factory=list)
    query: str = ""
    trash: bool = False
    chosen: list[str] = field(default_factory=list)
    detail: RunDetail | None = None

    @property
    def place(self) -> int:
        """The index of the current run in the shown list."""
        return next((i for i, line in enumerate(self.shown) if line.row.id == self.run), 0)

    @property
    def current(self) -> RunLine | None:
        """The current run; None if no run is shown."""
        return self.shown[self.place] if self.shown else None

    def take(self, lines: list[RunLine]) -> None:
        """Take the list that was read; the cursor stays on its run."""
        self.lines = lines if self.trash else as_tree(lines)
        self.narrow()

    def narrow(self) -> None:
        """Apply the filter; if it hides the current run, the run in its place becomes current."""
        place = self.place
        self.shown = narrowed(self.lines or [], self.query)
        if self.shown and not any(line.row.id == self.run for line in self.shown):
            self.run = self.shown[min(place, len(self.shown) - 1)].row.id

    def go(self, place: int) -> bool:
        """Make the run at that place current; -1 is the last. False if the list is empty."""
        if self.shown:
            self.run = self.shown[place if place < len(self.shown) else -1].row.id
        return bool(self.shown)

    def step(self, by: int) -> bool:
        """Go `by` places down, at most to an end of the list. False if the list is empty."""
        return self.go(max(0, min(len(self.shown) - 1, self.place + by)))

    def choose(self) -> bool:
        """Turn the choice of the run on or off, and go down. False if the list is empty."""
        line = self.current
        if line is None:
            return False
        run = line.row.id
        self.chosen = [r for r in self.chosen if r != run] + [run] * (run not in self.chosen)
        return self.step(1)

    def turn_trash(self) -> None:
        """Turn to the trash, or back to the runs; the other list must be read first."""
        self.trash, self.shown = not self.trash, []
        self.lines = None if self.lines is None else []
