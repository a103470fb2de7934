"""What the list of runs shows: which runs there are, which are listed, which are chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from align_tui.tui.format.run_list import narrowed

if TYPE_CHECKING:
    from align_tui.monitor.rows import RunDetail, RunLine


@dataclass(slots=True)
class RunListState:
    """`run` is the one that is looked at; `lines` are all runs, None before they were read.

    `shown` are those that pass `query`; `chosen` are picked for a comparison, in that order.
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
        """Where in the shown list the run stands that is looked at."""
        return next((i for i, line in enumerate(self.shown) if line.row.id == self.run), 0)

    @property
    def current(self) -> RunLine | None:
        """The run that is looked at."""
        return self.shown[self.place] if self.shown else None

    def take(self, lines: list[RunLine]) -> None:
        """The list was read; the cursor stays on its run."""
        self.lines = lines
        self.narrow()

    def narrow(self) -> None:
        """Apply the filter; a run that it hides gives the cursor to the one in its place."""
        place = self.place
        self.shown = narrowed(self.lines or [], self.query)
        if self.shown and not any(line.row.id == self.run for line in self.shown):
            self.run = self.shown[min(place, len(self.shown) - 1)].row.id

    def go(self, place: int) -> bool:
        """Look at the run at that place; -1 is the last. Is there any?"""
        if self.shown:
            self.run = self.shown[place if place < len(self.shown) else -1].row.id
        return bool(self.shown)

    def step(self, by: int) -> bool:
        """Look at the run so many places further, as far as the list goes. Is there any?"""
        return self.go(max(0, min(len(self.shown) - 1, self.place + by)))

    def choose(self) -> bool:
        """Choose the run for a comparison, or not, and go on. Is there any?"""
        line = self.current
        if line is None:
            return False
        run = line.row.id
        self.chosen = [r for r in self.chosen if r != run] + [run] * (run not in self.chosen)
        return self.step(1)

    def turn_trash(self) -> None:
        """Into the trash, or out of it: another list, which is not read yet."""
        self.trash, self.shown = not self.trash, []
        self.lines = None if self.lines is None else []
