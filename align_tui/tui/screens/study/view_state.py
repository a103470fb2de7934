"""The view state: what the user looks at. Only keys change it, in the event loop."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.monitor.grouping import UNGROUPED, Grouping
from align_tui.monitor.ordering import Order
from align_tui.tui.format.filters import EVERYTHING, Filter


@dataclass(slots=True)
class ViewState:
    """The state of the study screen that the database does not hold."""

    scenario: int = 0
    focus: int = 0
    maximised: bool = False
    unfolded: bool = False
    thinking: bool = False  # show the models' thinking whole above their reasoning
    list_asked: bool | None = None
    discriminating: bool = False
    view: int = 0  # the first view of the overview
    compare: int = 0
    wanted: Filter = EVERYTHING  # the filter of the list
    order: Order = "file"  # of the list
    grouping: Grouping = UNGROUPED  # of the list
    repeat: int | None = None
    hits: tuple[tuple[int, int | None], ...] = ()  # (scenario, profile) of each search hit
    hits_total: int = 0  # hits in all, also those that were not listed
    hit: int = -1
    starting: bool = False
    missing: tuple[str, ...] = ()  # models that are not on this machine
    notice: str = ""
    greets: bool = False  # show the greeting of a first start in place of the keys
    trouble: tuple[str, ...] = ()
