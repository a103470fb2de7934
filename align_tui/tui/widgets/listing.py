"""A list of many lines that makes only the visible ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message

from align_tui.monitor.grouping import groups_of
from align_tui.monitor.ordering import Group, place_of
from align_tui.tui.format.grouped_rows import GroupedRows
from align_tui.tui.format.scenario_list import window
from align_tui.tui.format.styled_text import Line
from align_tui.tui.widgets.lines import Lines


class ScenarioList(Lines):
    """Shows a window on the list and scrolls it only as far as the current line needs.

    The groups of a grouped list have headings, which are lines too.
    """

    @dataclass
    class Chosen(Message):
        """The user clicked a line; `scenario` is its number."""

        scenario: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.top = 0
        self._order: Sequence[int] = ()
        self._rows = GroupedRows()
        self._current = -1
        self._make: Callable[[int], Line] | None = None
        self._make_heading: Callable[[Group], Line] = lambda group: ()
        self._header: Line = ()
        self.empty: tuple[Line, ...] = ()  # shown in place of lines if there are none

    def fill(
        self,
        order: Sequence[int],
        current: int,
        header: Line,
        make: Callable[[int], Line],
        make_heading: Callable[[Group], Line] = lambda group: (),
    ) -> None:
        """Show the lines that `make` returns for the numbers in `order`, and its groups' headings.

        The list stays scrolled where it is. If `order` changes, the top line stays at the top, and
        the current line stays in sight if it was.
        """
        height = self.size.height - 1
        seen = 0 <= self._line() - self.top < height
        moved = current != self._current
        if order is not self._order and order != self._order:
            old, self._rows = self._rows, GroupedRows(len(order), groups_of(order))
            if self.top < len(old):
                place, heading = old.item_at(self.top)
                place = place_of(order, self._order[place])
                self.top = self._rows.line_of(place, heading=heading)
            moved = moved or seen
        self._order, self._current, self._make, self._header = order, current, make, header
        self._make_heading = make_heading
        if moved:
            self._keep_in_sight()
        self.top = max(0, min(self.top, len(self._rows) - height))
        self._paint_window()

    def _place(self) -> int:
        """The place of the current number, or the place where it would be if it were listed."""
        return place_of(self._order, self._current)

    def _line(self) -> int:
        """The line of that place, among the headings and the numbers."""
        return self._rows.line_of(self._place())

    def _keep_in_sight(self) -> None:
        last = max(0, len(self._rows) - 1)
        line = min(self._line(), last)
        self.top = window(line, len(self._rows), self.size.height - 1, self.top)

    def _paint_window(self) -> None:
        if self._make is None or self.size.height < 2:
            return
        groups = self._rows.groups
        made = [
            self._make_heading(groups[at]) if heading else self._make(self._order[at])
            for at, heading in self._rows.window(self.top, self.size.height - 1)
        ]
        self.paint((self._header, *(made or self.empty)))

    def on_resize(self) -> None:
        """Keep the current line in sight."""
        self._keep_in_sight()
        self._paint_window()

    def on_click(self, event: events.Click) -> None:
        """Post which line was clicked; a heading stands for the first of its group."""
        at = event.get_content_offset(self)
        if at is None or at.y < 1:
            return
        shown = self._rows.window(self.top, self.size.height - 1)
        if at.y <= len(shown):
            place, _ = self._rows.item_of(shown[at.y - 1])
            self.post_message(self.Chosen(self._order[place]))

    def _scroll(self, by: int) -> None:
        self.top = max(0, min(self.top + by, len(self._rows) - self.size.height + 1))
        self._paint_window()

    def on_mouse_scroll_down(self) -> None:
        """Scroll the window down; the current line stays current."""
        self._scroll(3)

    def on_mouse_scroll_up(self) -> None:
        """Scroll the window up; the current line stays current."""
        self._scroll(-3)
