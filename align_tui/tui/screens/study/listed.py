"""Which scenarios pass the filter that the user has chosen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from align_tui.monitor.snapshot import Snapshot
from align_tui.tui.format.filters import Known, Sieve
from align_tui.tui.format.targets import compared

if TYPE_CHECKING:
    from align_tui.config.study import Study
    from align_tui.tui.screens.study.view_state import ViewState


class ListedScenarios:
    """Keeps what it knows of the study's scenarios from one question to the next."""

    def __init__(self, study: Study) -> None:
        self.study = study

    @cached_property
    def sieve(self) -> Sieve:
        """What is known for filters; made when the first is asked for."""
        return Sieve(self.study)

    def known(self, snapshot: Snapshot, state: ViewState) -> Known:
        """What filters look at."""
        return snapshot.rows, compared(self.study, state.compare), snapshot.annotations

    def listed(self, snapshot: Snapshot, state: ViewState) -> Sequence[int]:
        """The scenarios that the list shows and that the keys step over, ascending."""
        if not state.wanted:
            return range(len(self.study.scenarios))
        return self.sieve.listed(state.wanted, *self.known(snapshot, state))
