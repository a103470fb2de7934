"""The lines of a list whose groups have a heading each: which line shows what."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from align_tui.monitor.ordering import Group


@dataclass(frozen=True, slots=True)
class GroupedRows:
    """The lines of a list of `items`, with a heading above the first item of each group."""

    items: int = 0
    groups: Sequence[Group] = ()

    def __len__(self) -> int:
        """The number of lines."""
        return self.items + len(self.groups)

    def line_of(self, place: int, *, heading: bool = False) -> int:
        """The line that shows the item at a place of the list.

        With `heading` it is the line of the heading if the item is the first of its group.
        """
        group = bisect_right(self.groups, place, key=lambda group: group.start)
        first = group > 0 and self.groups[group - 1].start == place
        return place + group - (heading and first)

    def item_at(self, line: int) -> tuple[int, bool]:
        """(The place that a line stands for, True if the line is a heading).

        A heading stands for the first item of its group.
        """
        return self.item_of(self.at(line))

    def item_of(self, shown: tuple[int, bool]) -> tuple[int, bool]:
        """The same, from what `at` or `window` say that the line shows."""
        number, heading = shown
        return (self.groups[number].start if heading else number), heading

    def at(self, line: int) -> tuple[int, bool]:
        """What a line shows: (the number of a group, True) or (the place of an item, False)."""
        above = bisect_right(
            range(len(self.groups)), line, key=lambda number: self.groups[number].start + number
        )
        if above and self.groups[above - 1].start + above - 1 == line:
            return above - 1, True
        return line - above, False

    def window(self, top: int, height: int) -> list[tuple[int, bool]]:
        """What each of `height` lines from `top` shows.

        Where the heading of the first item is out of sight, it takes the place of that item, so
        that one sees which group the lines belong to. It does not do so for the last item of a
        group, whose heading would look like the one of an empty group.
        """
        shown = [self.at(line) for line in range(top, min(top + height, len(self)))]
        whole = len(shown) > 1 and not (shown[0][1] or shown[1][1])
        if self.groups and whole and height >= LEAST:
            shown[0] = self.line_of(shown[0][0]) - shown[0][0] - 1, True
        return shown


LEAST = 4  # lines of a window that keeps a heading in its first line
