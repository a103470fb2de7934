"""The question whether code that a file brings may run; the program remembers a yes."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from align_tui.config.code import Code
from align_tui.config.trust import RUNS_AS_YOU
from align_tui.core.text.display import one_line
from align_tui.tui.dialogs.modal import Dialog
from align_tui.tui.format.answers import answer_lines
from align_tui.tui.format.styled_text import Line
from align_tui.tui.format.wrapping import wrap
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.lines import Lines

WIDTH, AROUND = 52, 4
"""Cells of a line on the smallest screen, and rows that the box takes around the lines."""


class TrustDialog(Dialog[bool]):
    """Returns True if this code may run, now and as long as its hash is the same."""

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "trust"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", id="trust.yes"),
        Binding("escape,n,q", "answer(False)", "no", id="trust.no"),
    ]

    def __init__(self, code: Code, ascii_only: bool) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._code = code

    def compose(self) -> ComposeResult:
        """What the code is, its path, its hash, what it could do, and the answers."""
        code = self._code
        what = "A decision-maker" if code.what == "decision-maker" else "A model"
        lines: list[Line] = [
            ((f"SHA-256 {code.sha256[:32]}", "quiet"),),
            ((f"        {code.sha256[32:]}", "quiet"),),
            (),
            *(((row, "text"),) for _, row in wrap(RUNS_AS_YOU, WIDTH)),
            (),
            *answer_lines(
                keys_of(self),
                ("trust.yes", "run it, now and until it changes"),
                ("trust.no", "do not run it"),
            ),
        ]
        room = self.app.size.height - AROUND - 1 - len(lines)
        place: list[Line] = [((row, "bright"),) for row in _place(code.place, room)]
        lines = [((f"{what} of this study is code:", "text"),), *place, *lines]
        with Vertical(classes="box question") as box:
            box.border_title = Content("code of a study")
            words = Lines()
            words.styles.height = len(lines)
            words.paint(lines)
            yield words

    def action_answer(self, yes: bool) -> None:
        """Return the answer."""
        self.dismiss(yes)


def _place(place: str, room: int) -> list[str]:
    """The path of the code, in few enough rows that the answers stay in sight."""
    rows = [row for _, row in wrap(one_line(place, 400), WIDTH)]
    if len(rows) > max(2, room):
        rows = [*rows[: max(0, room - 2)], "...", rows[-1]]
    return rows
