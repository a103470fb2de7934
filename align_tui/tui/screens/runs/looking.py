"""Actions that move over the list of runs, filter it, and turn to the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.tui.screens.runs.host import RunsHost
    from align_tui.tui.screens.runs.state import RunListState


class RunsLooking:
    """Moves over the list of runs."""

    def __init__(self, state: RunListState, host: RunsHost) -> None:
        self.state, self.host = state, host

    def step(self, by: int) -> None:
        """Go `by` runs down."""
        if self.state.step(by):
            self.host.turned()

    def go(self, place: int) -> None:
        """Go to the run at that place; -1 is the last."""
        if self.state.go(place):
            self.host.turned()

    def choose(self) -> None:
        """Choose the run for a comparison, or take it out of the choice."""
        if self.state.choose():
            self.host.turned()

    def turn_trash(self) -> None:
        """Show the trash, or the runs again."""
        self.state.turn_trash()
        self.host.reload()

    def narrow(self, query: str) -> None:
        """List only the runs that match the query."""
        self.state.query = query
        self.state.narrow()
        self.host.turned()

    def back(self) -> None:
        """Leave the filter, else the trash, else the screen."""
        if self.host.end_filter():
            return
        if self.state.trash:
            self.turn_trash()
        else:
            self.host.back()
