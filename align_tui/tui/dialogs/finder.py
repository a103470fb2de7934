"""Finding one of many lines: a line to type in, and what is left to choose from under it."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input

from align_tui.tui.dialogs.modal import Dialog
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.scenario_list import window
from align_tui.tui.format.styled_text import Line
from align_tui.tui.widgets.lines import Lines

Answer = TypeVar("Answer")


class FinderDialog(Dialog[Answer]):
    """What is found for the typed words is the subclass's; typing, moving and painting are here."""

    # Textual looks beside the class that is opened, and subclasses live in other folders.
    CSS_PATH = Path(__file__).with_name("dialog.tcss")
    HINT: ClassVar[str]  # in the line to type in, while it is empty
    SECTION: ClassVar[str] = "finding"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", priority=True),
        Binding("down", "move(1)", "next", priority=True),
        Binding("up", "move(-1)", "previous", priority=True),
        Binding("pagedown", "move(10)", "page down", priority=True),
        Binding("pageup", "move(-10)", "page up", priority=True),
    ]

    def __init__(self, glyphs: Glyphs, title: str, keys: str, *, box: str = "box wide") -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else "")
        self.glyphs = glyphs
        self.query_text = ""
        self.chosen = 0
        self._titles = Content(title), Content(keys)
        self._box, self._top = box, 0
        self._lines = Lines(id="found")

    def compose(self) -> ComposeResult:
        """A line to type in, and what was found."""
        with Vertical(classes=self._box) as box:
            box.border_title, box.border_subtitle = self._titles
            yield Input(placeholder=self.HINT)
            yield self._lines

    def on_resize(self) -> None:
        """The lines have another width."""
        self.call_after_refresh(self.paint)

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Other words: what is found is chosen from its first on."""
        self.query_text = event.value.strip()
        self.chosen = self._top = 0
        self.look_for(self.query_text)
        self.paint()

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Take the chosen one."""
        if self.count():
            self.take(self.chosen)

    def paint(self) -> None:
        """Show the lines around the chosen one, under what is to be said of all."""
        above = self.head()
        height, width = self._lines.size.height - len(above), self._lines.size.width
        if height < 1:
            return
        self._top = window(self.chosen, self.count(), height, self._top)
        lines = list(above)
        for number in range(self._top, min(self.count(), self._top + height)):
            cursor = self.glyphs.cursor if number == self.chosen else " "
            lines.append(((f"{cursor} ", "key"), *self.row(number, width - 2)))
        self._lines.paint(lines)

    def action_move(self, by: int) -> None:
        """Choose another."""
        self.chosen = max(0, min(self.count() - 1, self.chosen + by))
        self.paint()

    @abstractmethod
    def look_for(self, query: str) -> None:
        """Find what has all the words; what comes later is painted when it comes."""

    @abstractmethod
    def count(self) -> int:
        """How many were found."""

    @abstractmethod
    def head(self) -> tuple[Line, ...]:
        """What is said above them."""

    @abstractmethod
    def row(self, number: int, width: int) -> Line:
        """One of them, in that width."""

    @abstractmethod
    def take(self, number: int) -> None:
        """Dismiss with it."""
