"""Base of the dialogs that find one of many lines: a field to type in, and the matches below."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.css.scalar import Scalar
from textual.widgets import Input

from align_tui.tui.dialogs.modal import Dialog
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.scenario_list import window
from align_tui.tui.format.styled_text import Line
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.lines import Lines

Answer = TypeVar("Answer")
LEAST = 6  # lines below the field
AROUND = 4  # lines around them: the border, the field and a blank line


class FinderDialog(Dialog[Answer]):
    """Handles typing, moving and painting; the subclass finds the lines."""

    CSS_PATH = str(Path(__file__).with_name("dialog.tcss"))  # absolute, for subclasses elsewhere
    HINT: ClassVar[str]  # in the field while it is empty
    TAKES: ClassVar[str] = "go"  # what the key that takes the chosen line does
    SECTION: ClassVar[str] = "finder"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", priority=True, id="finder.back"),
        Binding("enter", "take", "take the chosen line", id="finder.take"),
        Binding("down", "move(1)", "next line", priority=True, id="finder.next"),
        Binding("up", "move(-1)", "previous line", priority=True, id="finder.previous"),
        Binding("pagedown", "move(10)", "page down", priority=True, id="finder.page_down"),
        Binding("pageup", "move(-10)", "page up", priority=True, id="finder.page_up"),
    ]

    def __init__(self, glyphs: Glyphs, title: str, *, box: str = "box wide") -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else "")
        self.glyphs = glyphs
        self.query_text = ""
        self.chosen = 0
        self._title = title
        self._box, self._top = f"{box} fit", 0
        self._high = LEAST  # lines that it has had: it grows with its matches and never shrinks
        self._lines = Lines(id="found")

    def compose(self) -> ComposeResult:
        """The field, and the lines that were found."""
        with Vertical(classes=self._box) as box:
            hints = keys_of(self).hints(f"{{finder.take}} {self.TAKES}", "{finder.back} back")
            box.border_title, box.border_subtitle = Content(self._title), Content(hints)
            yield Input(placeholder=self.HINT)
            yield self._lines

    def on_resize(self) -> None:
        """Paint the lines in the new width."""
        self.call_after_refresh(self.paint)

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Find the lines for the typed words, and choose the first one."""
        self.query_text = event.value.strip()
        self.chosen = self._top = 0
        self.look_for(self.query_text)
        self.paint()

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Handle enter, which the field takes itself, if the keymap has it for this action."""
        if "enter" in keys_of(self).every("finder.take"):
            self.action_take()

    def action_take(self) -> None:
        """Take the chosen line."""
        if self.count():
            self.take(self.chosen)

    def paint(self) -> None:
        """Show the heading, and the lines around the chosen one."""
        above = self.head()
        width, height = self._lines.size.width, self._fit(len(above)) - len(above)
        if height < 1 or not width:
            return
        self._top = window(self.chosen, self.count(), height, self._top)
        lines = list(above)
        for number in range(self._top, min(self.count(), self._top + height)):
            cursor = self.glyphs.cursor if number == self.chosen else " "
            lines.append(((f"{cursor} ", "key"), *self.row(number, width - 2)))
        self._lines.paint(lines)

    def _fit(self, above: int) -> int:
        """Make the dialog as high as its lines, if there is room; the height for lines."""
        self._high = max(self._high, above + self.count())
        height = max(1, min(self._high, self.size.height * 9 // 10 - AROUND))
        if self._lines.styles.height != (lines := Scalar.from_number(height)):
            self._lines.styles.height = lines
        return height

    def action_move(self, by: int) -> None:
        """Choose the line `by` places down."""
        self.chosen = max(0, min(self.count() - 1, self.chosen + by))
        self.paint()

    @abstractmethod
    def look_for(self, query: str) -> None:
        """Find the lines that have all the words; paint again for matches that come later."""

    @abstractmethod
    def count(self) -> int:
        """The number of lines found."""

    @abstractmethod
    def head(self) -> tuple[Line, ...]:
        """The heading above the lines."""

    @abstractmethod
    def row(self, number: int, width: int) -> Line:
        """The line of that number, in at most `width` cells."""

    @abstractmethod
    def take(self, number: int) -> None:
        """Dismiss the dialog with the result for that line."""
