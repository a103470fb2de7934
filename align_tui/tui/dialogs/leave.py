"""The question before leaving while a run is being decided: leave it running, stop it, or stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from align_tui.monitor.snapshot import Counts
from align_tui.tui.dialogs.asking import AskingDialog
from align_tui.tui.format.styled_text import Line
from align_tui.tui.format.wrapping import wrap


class LeaveDialog(AskingDialog[str]):
    """Returns 'leave', 'stop' or 'stay'."""

    SECTION: ClassVar[str] = "leave"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l,enter", "answer('leave')", "leave the run running", id="leave.leave"),
        Binding("s", "answer('stop')", "stop the run and leave", id="leave.stop"),
        Binding("escape,q", "answer('stay')", "stay", id="leave.stay"),
    ]

    def __init__(self, study: str, counts: Counts, ascii_only: bool) -> None:
        super().__init__(f"leave {study}", ascii_only)
        self._counts = counts

    def question(self, width: int, room: int) -> Sequence[Line]:
        """The state of the run."""
        text = f"{self._counts.running} running, {self._counts.pending} waiting"
        return [((row, "text"),) for _, row in wrap(text, width)]

    def answers(self) -> Sequence[tuple[str, str]]:
        """Leave the run running, stop it, or stay."""
        return (
            ("leave.leave", "leave: the run continues without the screen"),
            ("leave.stop", "stop the run: you can resume it later"),
            ("leave.stay", "stay"),
        )

    def action_answer(self, what: str) -> None:
        """Return the answer."""
        self.dismiss(what)
