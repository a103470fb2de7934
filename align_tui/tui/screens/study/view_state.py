"""What the user chose to look at; changed by keys alone, in the event loop."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.tui.format.filters import EVERYTHING, Filter


@dataclass(slots=True)
class ViewState:
    """The state of the screen that no database knows."""

    scenario: int = 0
    focus: int = 0
    maximised: bool = False
    unfolded: bool = False
    thinking: bool = False  # all that models thought, above their reasoning
    list_asked: bool | None = None
    discriminating: bool = False
    view: int = 0  # of the overview
    compare: int = 0
    wanted: Filter = EVERYTHING  # which scenarios are listed
    repeat: int | None = None
    hits: tuple[tuple[int, int | None], ...] = ()  # (scenario, profile) of a search
    hit: int = -1
    starting: bool = False
    missing: tuple[str, ...] = ()  # models that are not on this machine
    notice: str = ""
    trouble: tuple[str, ...] = ()
