"""The acts of the comparison, in the order in which help and palette show them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from align_tui.tui.acts import Act
from align_tui.tui.screens.compare.columns import ComparedColumns
from align_tui.tui.screens.compare.host import CompareHost
from align_tui.tui.screens.compare.looking import ComparisonLooking


@dataclass(frozen=True, slots=True)
class CompareActs:
    """The action objects that the acts of this screen call."""

    looking: ComparisonLooking
    columns: ComparedColumns
    host: CompareHost


def _pick(number: int, do: CompareActs) -> None:
    do.columns.pick(number - 1)


ACTS: tuple[Act[CompareActs], ...] = (
    Act("compare.next_row", "j,down", "next row", lambda do: do.looking.step(1)),
    Act("compare.previous_row", "k,up", "previous row", lambda do: do.looking.step(-1)),
    Act("compare.first_row", "g", "first row", lambda do: do.looking.go(0)),
    Act("compare.last_row", "G", "last row", lambda do: do.looking.go(-1)),
    Act(
        "compare.next_difference",
        "n",
        "next row in which the two columns chose differently",
        lambda do: do.looking.next_difference(1),
    ),
    Act(
        "compare.previous_difference",
        "N",
        "previous row in which they chose differently",
        lambda do: do.looking.next_difference(-1),
    ),
    Act(
        "compare.only_differences",
        "o",
        "show only rows that differ, or all rows",
        lambda do: do.looking.turn_only(),
    ),
    Act(
        "compare.next_column",
        "tab",
        "compare with the next column",
        lambda do: do.columns.turn_second(1),
        priority=True,
    ),
    Act(
        "compare.previous_column",
        "shift+tab",
        "compare with the previous column",
        lambda do: do.columns.turn_second(-1),
        priority=True,
    ),
    *(
        Act(f"compare.column_{n}", str(n), f"compare with column {n}", partial(_pick, n))
        for n in range(1, 10)
    ),
    Act("compare.swap", "x", "swap the two columns", lambda do: do.columns.swap()),
    Act(
        "compare.add", "plus,equals_sign", "add a column, from any run", lambda do: do.columns.add()
    ),
    Act("compare.remove", "minus", "remove the second column", lambda do: do.columns.remove()),
    Act(
        "compare.discriminating",
        "d",
        "count all scored rows, or only discriminating ones",
        lambda do: do.looking.turn_discriminating(),
    ),
    Act(
        "compare.comparison_target",
        "t",
        "score columns without a target against the next target",
        lambda do: do.looking.next_versus(),
    ),
    Act(
        "compare.settings",
        "s",
        "show the settings of all columns, those that differ first",
        lambda do: do.columns.settings(),
    ),
    Act("compare.page_up", "pageup", "scroll both texts up", lambda do: do.host.scroll_page(-1)),
    Act(
        "compare.page_down", "pagedown", "scroll both texts down", lambda do: do.host.scroll_page(1)
    ),
    Act("compare.help", "question_mark", "help", lambda do: do.host.help()),
    Act("compare.back", "escape,q,c", "back", lambda do: do.host.back()),
)
