"""Which run of the list is looked at, and which runs are listed."""

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
        """Another run."""
        if self.state.step(by):
            self.host.turned()

    def go(self, place: int) -> None:
        """The run at that place; -1 is the last."""
        if self.state.go(place):
            self.host.turned()

    def choose(self) -> None:
        """Choose it for a comparison, or not."""
        if self.state.choose():
            self.host.turned()

    def turn_trash(self) -> None:
        """Into the trash, and back."""
        self.state.turn_trash()
        self.host.reload()

    def narrow(self, query: str) -> None:
        """List those runs only that have all of that."""
        self.state.query = query
        self.state.narrow()
        self.host.turned()

    def back(self) -> None:
        """Out of the filter, the trash, and at last the screen."""
        if self.host.end_filter():
            return
        if self.state.trash:
            self.turn_trash()
        else:
            self.host.back()
