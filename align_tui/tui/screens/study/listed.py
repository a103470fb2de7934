"""The scenarios that pass the user's filter, in the order that the user chose."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from align_tui.monitor.ordering import ScenarioOrder
from align_tui.monitor.snapshot import Snapshot
from align_tui.tui.format.filters import Known, Sieve
from align_tui.tui.format.targets import compared

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.screens.study.view_state import ViewState


class ListedScenarios:
    """Answers which scenarios are listed, and keeps what it knows about them for the next call."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._all = range(len(study.scenarios))

    @cached_property
    def sieve(self) -> Sieve:
        """The filter engine, made when it is first needed."""
        return Sieve(self.study)

    @cached_property
    def order(self) -> ScenarioOrder:
        """What sorts the list, made when it is first needed."""
        return ScenarioOrder(self.study)

    def known(self, snapshot: Snapshot, state: ViewState) -> Known:
        """The data that filters use."""
        return snapshot.rows, compared(self.study, state.compare), snapshot.annotations

    def listed(self, snapshot: Snapshot, state: ViewState) -> Sequence[int]:
        """The indices of the scenarios that the list shows and the keys step over, in its order."""
        listed: Sequence[int] = self._all
        if state.wanted:
            listed = self.sieve.listed(state.wanted, *self.known(snapshot, state))
        if state.order == "file":
            return listed
        return self.order.arrange(listed, state.order, snapshot.rows, state.focus)
