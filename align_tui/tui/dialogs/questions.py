"""Small questions: a line of text, a longer text, or yes and no."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, TextArea

from align_tui.tui.dialogs.modal import Dialog
from align_tui.tui.format.styled_text import Line
from align_tui.tui.widgets.lines import Lines


class InputDialog(Dialog[str]):
    """Dismissed with the line that was typed, or None."""

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "ask"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "back", priority=True)]

    def __init__(self, title: str, value: str, hint: str, ascii_only: bool) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._title, self._value, self._hint = title, value, hint

    def compose(self) -> ComposeResult:
        """One line."""
        with Vertical(classes="box question") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content("enter takes it   escape back")
            yield Input(self._value, placeholder=self._hint, select_on_focus=False)

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Return it."""
        self.dismiss(event.value)


class TextDialog(Dialog[str]):
    """Dismissed with the text as it was left, or None."""

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "note"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", priority=True),
        Binding("ctrl+s,f2", "save", "save", priority=True),
    ]

    def __init__(self, title: str, value: str, ascii_only: bool) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._title = title
        self.area = TextArea(value, soft_wrap=True, compact=True)

    def compose(self) -> ComposeResult:
        """As much room as there is."""
        with Vertical(classes="box") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content("ctrl+s or f2 saves   escape leaves it as it was")
            yield self.area

    def action_save(self) -> None:
        """Return it."""
        self.dismiss(self.area.text)


class ConfirmDialog(Dialog[bool]):
    """Dismissed with True for yes."""

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "sure"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes"),
        Binding("escape,n,q", "answer(False)", "no"),
    ]

    def __init__(self, title: str, question: str, ascii_only: bool) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._title, self._question = title, question

    def compose(self) -> ComposeResult:
        """The question and its answers."""
        lines: tuple[Line, ...] = (
            ((self._question, "text"),),
            (),
            (("y      ", "key"), ("yes", "bright")),
            (("escape ", "key"), ("no", "bright")),
        )
        with Vertical(classes="box question") as box:
            box.border_title = Content(self._title)
            words = Lines()
            words.styles.height = len(lines)
            words.paint(lines)
            yield words

    def action_answer(self, yes: bool) -> None:
        """One of the two."""
        self.dismiss(yes)
