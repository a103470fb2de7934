"""The layout of the study screen, by the size of the terminal and the number of profiles."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

MIN_WIDTH, MIN_HEIGHT = 60, 15
PANE_WIDTH, PANE_HEIGHT = 24, 8
LEAST_PANES = 11  # lines that the panes keep beside long choices: text, foot, borders and tabs
LIST_WIDTH = 112  # cells; on a narrower screen four panes need the room of the list
ListKind = Literal["hidden", "marks", "full", "wide"]


@dataclass(frozen=True, slots=True)
class Grid:
    """The panes on the screen, and their rows; the other panes are behind tabs.

    `columns` is the number of columns of the grid; `spans` is how many of them each pane takes.
    """

    panes: tuple[int, ...]
    columns: int
    rows: int
    spans: tuple[int, ...]
    tabs: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """All sizes of the screen in cells, without the timeline of a replay."""

    width: int
    height: int
    list_kind: ListKind
    list_width: int
    main_width: int
    scenario_height: int
    overview_height: int
    panes_height: int
    grid: Grid


def overview_lines(height: int) -> int:
    """The most lines of the overview on a screen of `height` lines."""
    return 1 if height < 20 else 2 if height < 28 else height // 4 + 1


def stacked_lines(height: int) -> int:
    """The most lines for which rows of accuracy stand below each other and not side by side."""
    return max(1, overview_lines(height) // 2)


def too_small(width: int, height: int) -> bool:
    """True if there is less room than one pane and a scenario need."""
    return width < MIN_WIDTH or height < MIN_HEIGHT


def list_width(kind: ListKind, profiles: int, scenarios: int, width: int) -> int:
    """The width of the list of scenarios in cells, with its border."""
    digits = len(str(max(1, scenarios)))
    if kind == "hidden":
        return 0
    if kind == "marks":
        return 5 + digits + profiles
    names = {"full": 16, "wide": 44}[kind]
    return min(width // 3, 7 + digits + names + 2 * profiles)


def choose_list(width: int, asked: bool | None) -> ListKind:
    """How much of the list to show; `asked` is whether the user wants it, None if not said."""
    if asked is False:
        return "hidden"
    if width >= 200:
        return "wide"
    if width >= 140:
        return "full"
    if width >= LIST_WIDTH:
        return "full" if asked else "marks"
    return "full" if asked else "hidden"


def _spans(shape: list[int]) -> tuple[int, tuple[int, ...]]:
    columns = math.lcm(*shape)
    return columns, tuple(columns // in_row for in_row in shape for _ in range(in_row))


def arrange(width: int, height: int, profiles: int, focus: int, maximised: bool) -> Grid:
    """Arrange panes side by side, in up to three rows if one is too narrow, then in pages."""
    if maximised or profiles == 1:
        return Grid((focus,), 1, 1, (1,), profiles > 1)
    narrow = 2 if width >= 80 and height >= 18 else 1
    across = max(1, width // PANE_WIDTH) if width >= 96 or height >= 24 else narrow
    down = max(1, min(3, height // PANE_HEIGHT))
    rows = 1 if across >= profiles else min(down, math.ceil(profiles / across))
    room = across * rows
    if room >= profiles:
        shown = tuple(range(profiles))
    else:
        first = focus // room * room
        shown = tuple(range(first, min(first + room, profiles)))
    rows = min(rows, len(shown))
    small, extra = divmod(len(shown), rows)
    shape = [small + (i < extra) for i in range(rows)]
    columns, spans = _spans(shape)
    return Grid(shown, columns, rows, spans, len(shown) < profiles)


def plan(
    width: int,
    height: int,
    *,
    profiles: int,
    scenarios: int,
    focus: int = 0,
    maximised: bool = False,
    unfolded: bool = False,
    list_asked: bool | None = None,
    replay: bool = False,
    scenario_lines: int = 4,
    choice_lines: int = 0,
    overview_wanted: int = 1,
    spare: int = 0,
) -> Layout:
    """Compute the whole layout.

    A replay is laid out like a live screen with one line less, so that both look the same.
    `scenario_lines` is what the scenario needs at that width, without its border, and
    `choice_lines` what its choices need with one line of its text: they get it as long as the panes
    keep `LEAST_PANES` lines. `overview_wanted` is the number of lines that the overview would use.
    `spare` lines of the panes are empty, and the scenario gets them.
    """
    height -= replay  # the line of the timeline
    kind = choose_list(width, list_asked)
    side = list_width(kind, profiles, scenarios, width)
    main = width - side
    small = height < 28
    tiny = height < 20
    overview_height = max(1, min(overview_wanted, overview_lines(height)))
    fixed = 2 + overview_height + (0 if small else 1)
    body = height - fixed
    if unfolded:
        scenario = min(scenario_lines + 2, max(5, body - PANE_HEIGHT + 2))
    else:
        cap = 2 if tiny else 3 if small else max(4, body * 2 // 5 - 2)
        cap = max(cap, min(choice_lines, body - LEAST_PANES - 2))
        scenario = min(max(scenario_lines, choice_lines), cap) + 2
    panes = body - scenario
    grid = arrange(main, panes, profiles, focus, maximised)
    scenario, panes = scenario + spare, panes - spare  # the panes stay where they are
    return Layout(width, height, kind, side, main, scenario, overview_height, panes, grid)
