"""The list of scenarios: only its visible lines are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import events
from textual.message import Message

from align_tui.tui.view.listing import window
from align_tui.tui.view.spans import Line
from align_tui.tui.widgets.lines import Lines


class ScenarioList(Lines):
    """Shows a window on the list that moves only as far as the chosen line needs."""

    @dataclass
    class Chosen(Message):
        """A line was clicked."""

        scenario: int

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.top = 0
        self._current = -1
        self._total = 0
        self._make: Callable[[int], Line] | None = None
        self._header: Line = ()
        self.empty: Line = ()  # what is said in place of lines

    def fill(self, total: int, current: int, header: Line, make: Callable[[int], Line]) -> None:
        """Show the lines that `make` gives, from wherever the list was scrolled to."""
        moved = current != self._current
        self._total, self._current, self._make, self._header = total, current, make, header
        rows = self.size.height - 1
        if moved:
            self.top = window(current, total, rows, self.top)
        self.top = max(0, min(self.top, total - rows))
        self._paint_window()

    def _paint_window(self) -> None:
        if self._make is None or self.size.height < 2:
            return
        rows = range(self.top, min(self._total, self.top + self.size.height - 1))
        made = [self._make(number) for number in rows]
        self.paint((self._header, *(made or [self.empty])))

    def on_resize(self) -> None:
        """Keep the chosen line in sight."""
        self.top = window(self._current, self._total, self.size.height - 1, self.top)
        self._paint_window()

    def on_click(self, event: events.Click) -> None:
        """A click chooses a scenario."""
        at = event.get_content_offset(self)
        if at is not None and at.y >= 1 and self.top + at.y - 1 < self._total:
            self.post_message(self.Chosen(self.top + at.y - 1))

    def _scroll(self, by: int) -> None:
        self.top = max(0, min(self.top + by, self._total - self.size.height + 1))
        self._paint_window()

    def on_mouse_scroll_down(self) -> None:
        """The wheel moves the window, not the choice."""
        self._scroll(3)

    def on_mouse_scroll_up(self) -> None:
        """The wheel moves the window, not the choice."""
        self._scroll(-3)
