"""Base of the dialogs that find one of many lines: a field to type in, and the matches below."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.css.scalar import Scalar
from textual.widgets import Input

from align_tui.tui.dialogs.modal import LOW, Dialog
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.scenario_list import window
from align_tui.tui.format.styled_text import Line
from align_tui.tui.format.wrapping import wrapped
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.lines import Lines

Answer = TypeVar("Answer")
LEAST = 6  # lines below the field
AROUND = 4  # lines around them: the border, the field and a blank line
MOST_WHOLE = 3  # rows for all of a line that is cut in the list


class FinderDialog(Dialog[Answer]):
    """Handles typing, moving and painting; the subclass finds the lines."""

    HINT: ClassVar[str]  # in the field while it is empty
    TAKES: ClassVar[str] = "go"  # what the key that takes the chosen line does
    SECTION: ClassVar[str] = "finder"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "cancel", priority=True, id="finder.back"),
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
        self._details = 0  # rows that the whole of a chosen line has had
        self._lines = Lines(id="found")

    def compose(self) -> ComposeResult:
        """The field, and the lines that were found."""
        with Vertical(classes=self._box) as box:
            self.entitle(box, self._title)
            yield Input(placeholder=self.HINT)
            yield self._lines

    def hints(self) -> Sequence[str]:
        """The keys that take the chosen line and close the dialog."""
        return f"{{finder.take}} {self.TAKES}", "{finder.back} cancel"

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
        """Show the heading, the lines around the chosen one, and what is cut of that one."""
        above = self.head()
        width = self._lines.size.width
        if not width:
            return
        whole = self._whole(width)
        height = self._fit(len(above), whole) - len(above)
        if height < 1:
            return
        if whole and height - len(whole) < LEAST:
            whole = []
        height -= len(whole)
        self._top = window(self.chosen, self.count(), height, self._top)
        lines = list(above)
        for number in range(self._top, min(self.count(), self._top + height)):
            cursor = self.glyphs.cursor if number == self.chosen else " "
            lines.append(((f"{cursor} ", "key"), *self.row(number, width - 2)))
        lines += [()] * (len(above) + height - len(lines))
        self._lines.paint([*lines, *whole])

    def _whole(self, width: int) -> list[Line]:
        """A blank line and all of the chosen line, if the list has to cut a line."""
        shown = range(self._top, min(self.count(), self._top + self._most()))
        if not any(self.is_cut(number, width - 2) for number in shown):
            self._details = 0
            return []
        text = self.detail(self.chosen) if self.is_cut(self.chosen, width - 2) else ""
        rows = wrapped(text, width - 2, MOST_WHOLE, self.glyphs.more) if text else []
        self._details = max(self._details, len(rows))  # so that the list does not jump
        rows += [""] * (self._details - len(rows))
        return [(), *(((f"  {row}", "text"),) for row in rows)]

    def _most(self) -> int:
        """The rows below the field, at most."""
        height = self.size.height
        most = height if height < LOW else height * 9 // 10
        return max(1, most - AROUND)

    def _fit(self, above: int, whole: Sequence[Line]) -> int:
        """Make the dialog as high as its lines, if there is room; the height for lines."""
        self._high = max(self._high, above + self.count() + len(whole))
        height = min(self._high, self._most())
        if self._lines.styles.height != (lines := Scalar.from_number(height)):
            self._lines.styles.height = lines
        return height

    def is_cut(self, number: int, width: int) -> bool:
        """True if that line has no room in `width` cells, so that the dialog shows all of it."""
        return False

    def detail(self, number: int) -> str:
        """All of that line, for below the list."""
        return ""

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
