"""The dialog that asks for yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from align_tui.tui.dialogs.asking import AskingDialog
from align_tui.tui.format.styled_text import Line
from align_tui.tui.format.wrapping import wrap


class ConfirmDialog(AskingDialog[bool]):
    """Returns True for yes."""

    SECTION: ClassVar[str] = "confirm"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", id="confirm.yes"),
        Binding("escape,n,q", "answer(False)", "no", id="confirm.no"),
    ]

    def __init__(self, title: str, question: str, ascii_only: bool) -> None:
        super().__init__(title, ascii_only)
        self._question = question

    def question(self, width: int, room: int) -> Sequence[Line]:
        """The question's text."""
        return [((row, "text"),) for _, row in wrap(self._question, width)]

    def answers(self) -> Sequence[tuple[str, str]]:
        """Yes or no."""
        return ("confirm.yes", "yes"), ("confirm.no", "no")

    def action_answer(self, yes: bool) -> None:
        """Return the answer."""
        self.dismiss(yes)
