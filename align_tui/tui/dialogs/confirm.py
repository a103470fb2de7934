"""The dialog that asks for yes or no."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from align_tui.tui.dialogs.modal import Dialog
from align_tui.tui.format.answers import answer_lines
from align_tui.tui.format.styled_text import Line
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.lines import Lines


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
