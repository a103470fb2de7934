"""Base of the dialogs that ask a question and name its answers, each with its key."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ScreenResultType

from align_tui.tui.dialogs.modal import LOW, Dialog
from align_tui.tui.format.answers import answer_lines
from align_tui.tui.format.styled_text import Line
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.wrapped import Wrapped

BORDER, PADDING = 2, 2  # rows of a box around its lines


class AskingDialog(Dialog[ScreenResultType]):
    """Wraps the question, and keeps the answers in sight on a small terminal."""

    def __init__(self, title: str, ascii_only: bool) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._title = title

    @abstractmethod
    def question(self, width: int, room: int) -> Sequence[Line]:
        """The question in lines of `width` cells; no more than `room` of them are shown."""

    @abstractmethod
    def answers(self) -> Sequence[tuple[str, str]]:
        """(id of the action, what it means) of each answer."""

    def compose(self) -> ComposeResult:
        """The question and its answers."""
        with Vertical(classes="box question") as box:
            box.border_title = Content(self._title)
            yield Wrapped(self._make_lines)

    def _make_lines(self, width: int) -> list[Line]:
        answers = answer_lines(keys_of(self), width, *self.answers())
        height = self.app.size.height
        room = height - BORDER - (PADDING if height >= LOW else 0) - len(answers)
        blank: list[Line] = [()] if room > 1 else []
        room = max(1, room - len(blank))
        lines = list(self.question(width, room))
        if len(lines) > room:
            lines = [*lines[: room - 1], (("...", "quiet"),)]
        return [*lines, *blank, *answers]
