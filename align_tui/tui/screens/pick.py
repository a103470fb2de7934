"""Picking one of several lines: typed letters narrow them down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from align_tui.tui.view.glyphs import Glyphs
from align_tui.tui.view.listing import window
from align_tui.tui.view.spans import Line, cut, text_of
from align_tui.tui.widgets.lines import Lines


@dataclass(frozen=True, slots=True)
class Item:
    """A line that can be picked, and what is returned for it."""

    key: str
    line: Line


class PickScreen(ModalScreen[str]):
    """Dismissed with the key of the chosen item, or None."""

    CSS_PATH = "modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", priority=True),
        Binding("down", "move(1)", "next", priority=True),
        Binding("up", "move(-1)", "previous", priority=True),
        Binding("pagedown", "move(10)", "page down", priority=True),
        Binding("pageup", "move(-10)", "page up", priority=True),
    ]

    def __init__(self, title: str, items: Sequence[Item], glyphs: Glyphs) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else "")
        self._title, self._items, self._glyphs = title, tuple(items), glyphs
        self.found = self._items
        self._chosen = self._top = 0
        self._lines = Lines(id="found")

    def compose(self) -> ComposeResult:
        """A line to type in, and what is left."""
        with Vertical(classes="box") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content("enter takes it   escape back")
            yield Input(placeholder="type to narrow down")
            yield self._lines

    def on_resize(self) -> None:
        """The lines have another width."""
        self.call_after_refresh(self._paint)

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Keep the lines that have all the words."""
        words = event.value.casefold().split()
        self.found = tuple(
            item
            for item in self._items
            if all(word in text_of(item.line).casefold() for word in words)
        )
        self._chosen = self._top = 0
        self._paint()

    def _paint(self) -> None:
        height, width = self._lines.size.height, self._lines.size.width
        if height < 1:
            return
        self._top = window(self._chosen, len(self.found), height, self._top)
        lines: list[Line] = []
        for number in range(self._top, min(len(self.found), self._top + height)):
            cursor = self._glyphs.cursor if number == self._chosen else " "
            line = ((f"{cursor} ", "key"), *self.found[number].line)
            lines.append(cut(line, width, self._glyphs.more))
        self._lines.paint(lines or [(("nothing has all these words", "quiet"),)])

    def action_move(self, by: int) -> None:
        """Choose another line."""
        self._chosen = max(0, min(len(self.found) - 1, self._chosen + by))
        self._paint()

    @on(Input.Submitted)
    def take(self) -> None:
        """Return the chosen one."""
        if self.found:
            self.dismiss(self.found[self._chosen].key)
