"""The scenarios that pass the user's filter, in the order and the groups that the user chose."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from align_tui.monitor.grouping import Focus, Grouping, ScenarioGroups
from align_tui.monitor.ordering import ScenarioOrder
from align_tui.monitor.snapshot import Snapshot
from align_tui.tui.format.filters import Known, Sieve
from align_tui.tui.format.targets import baseline_of, compared

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

    @cached_property
    def groups(self) -> ScenarioGroups:
        """What groups the list, made when it is first needed."""
        return ScenarioGroups(self.study)

    @cached_property
    def _baselines(self) -> list[int | None]:
        return [baseline_of(self.study, number) for number in range(len(self.study.profiles))]

    def groupings(self) -> tuple[Grouping, ...]:
        """The groupings that divide this study, the ungrouped list first."""
        return self.groups.offered(baseline=any(each is not None for each in self._baselines))

    def grouped_column(self, state: ViewState) -> int:
        """The column whose outcomes group the list: the focused one.

        A baseline has no baseline: the first column that has one takes its place.
        """
        if state.grouping.kind != "baseline" or self._baselines[state.focus] is not None:
            return state.focus
        return next((n for n, each in enumerate(self._baselines) if each is not None), state.focus)

    def _focus(self, state: ViewState) -> Focus:
        column = self.grouped_column(state)
        target = compared(self.study, state.compare)[column]
        return Focus(column, self._baselines[column], target)

    def known(self, snapshot: Snapshot, state: ViewState) -> Known:
        """The data that filters use."""
        targets = compared(self.study, state.compare)
        return snapshot.rows, targets, snapshot.annotations, state.focus

    def listed(self, snapshot: Snapshot, state: ViewState) -> Sequence[int]:
        """The indices of the scenarios that the list shows and the keys step over, in its order."""
        listed: Sequence[int] = self._all
        if state.wanted:
            listed = self.sieve.listed(state.wanted, *self.known(snapshot, state))
        if state.order != "file":
            listed = self.order.arrange(listed, state.order, snapshot.rows, state.focus)
        if state.grouping.kind != "none":
            focus = self._focus(state)
            listed = self.groups.arrange(listed, state.grouping, snapshot.rows, focus)
        return listed
