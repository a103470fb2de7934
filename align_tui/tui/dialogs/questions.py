"""Dialogs that ask for a line of text, for a longer text, or for yes or no."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, TextArea

from align_tui.tui.dialogs.modal import Dialog
from align_tui.tui.format.answers import answer_lines
from align_tui.tui.format.styled_text import Line
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.lines import Lines


class InputDialog(Dialog[str]):
    """Returns the line that the user typed, or None."""

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "input"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", priority=True, id="input.back"),
        Binding("enter", "take", "go", id="input.take"),
    ]

    def __init__(self, title: str, value: str, hint: str, ascii_only: bool) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._title = title
        # Made at once: enter may come in one packet with the key that opens the dialog.
        self.field = Input(value, placeholder=hint, select_on_focus=False)

    def compose(self) -> ComposeResult:
        """The field."""
        with Vertical(classes="box question") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content(
                keys_of(self).hints("{input.take} go", "{input.back} back")
            )
            yield self.field

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Handle enter, which the field takes itself, if the keymap has it for this action."""
        if "enter" in keys_of(self).every("input.take"):
            self.action_take()

    def action_take(self) -> None:
        """Return the line."""
        self.dismiss(self.field.value)


class TextDialog(Dialog[str]):
    """Returns the edited text, or None."""

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "text"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", priority=True, id="text.back"),
        Binding("ctrl+s,f2", "save", "save", priority=True, id="text.save"),
    ]

    def __init__(self, title: str, value: str, ascii_only: bool) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._title = title
        self.area = TextArea(value, soft_wrap=True, compact=True)

    def compose(self) -> ComposeResult:
        """The text, in as much room as there is."""
        keys = keys_of(self)
        saves = " or ".join(keys.every("text.save"))
        with Vertical(classes="box fit") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content(
                keys.hints(f"{saves} save" if saves else "", "{text.back} cancel")
            )
            yield self.area

    def action_save(self) -> None:
        """Return the text."""
        self.dismiss(self.area.text)


class ConfirmDialog(Dialog[bool]):
    """Returns True for yes."""

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "confirm"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", id="confirm.yes"),
        Binding("escape,n,q", "answer(False)", "no", id="confirm.no"),
    ]

    def __init__(self, title: str, question: str, ascii_only: bool) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._title, self._question = title, question

    def compose(self) -> ComposeResult:
        """The question and its answers."""
        lines: tuple[Line, ...] = (
            *(((line, "text"),) for line in self._question.splitlines()),
            (),
            *answer_lines(keys_of(self), ("confirm.yes", "yes"), ("confirm.no", "no")),
        )
        with Vertical(classes="box question") as box:
            box.border_title = Content(self._title)
            words = Lines()
            words.styles.height = len(lines)
            words.paint(lines)
            yield words

    def action_answer(self, yes: bool) -> None:
        """Return the answer."""
        self.dismiss(yes)
