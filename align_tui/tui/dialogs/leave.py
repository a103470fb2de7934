"""The question before leaving while a run is being decided: leave it running, stop it, or stay."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from align_tui.monitor.snapshot import Counts
from align_tui.tui.dialogs.modal import Dialog
from align_tui.tui.format.answers import answer_lines
from align_tui.tui.format.styled_text import Line
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.lines import Lines


class LeaveDialog(Dialog[str]):
    """Returns 'leave', 'stop' or 'stay'."""

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "leave"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l,enter", "answer('leave')", "leave the run running", id="leave.leave"),
        Binding("s", "answer('stop')", "stop the run and leave", id="leave.stop"),
        Binding("escape,q", "answer('stay')", "stay", id="leave.stay"),
    ]

    def __init__(self, study: str, counts: Counts, ascii_only: bool) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._study, self._counts = study, counts

    def compose(self) -> ComposeResult:
        """The state of the run and the answers."""
        counts = self._counts
        lines: tuple[Line, ...] = (
            ((f"{counts.running} running, {counts.pending} waiting", "text"),),
            (),
            *answer_lines(
                keys_of(self),
                ("leave.leave", "leave: the run goes on without the screen"),
                ("leave.stop", "stop the run: you can resume it later"),
                ("leave.stay", "stay"),
            ),
        )
        with Vertical(classes="box question") as box:
            box.border_title = Content(f"leave {self._study}")
            words = Lines()
            words.styles.height = len(lines)
            words.paint(lines)
            yield words

    def action_answer(self, what: str) -> None:
        """Return the answer."""
        self.dismiss(what)
