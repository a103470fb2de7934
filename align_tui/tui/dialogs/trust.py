"""The question whether code that a file brings may run; the program remembers a yes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from align_tui.config.code import Code
from align_tui.config.trust import RUNS_AS_YOU
from align_tui.core.text.display import one_line
from align_tui.tui.dialogs.asking import AskingDialog
from align_tui.tui.format.styled_text import Line
from align_tui.tui.format.wrapping import wrap

LONGEST = 400  # characters of a path that are shown


class TrustDialog(AskingDialog[bool]):
    """Returns True if this code may run, now and as long as its hash is the same."""

    SECTION: ClassVar[str] = "trust"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", id="trust.yes"),
        Binding("escape,n,q", "answer(False)", "no", id="trust.no"),
    ]

    def __init__(self, code: Code, ascii_only: bool) -> None:
        super().__init__("code of a study", ascii_only)
        self._code = code

    def question(self, width: int, room: int) -> Sequence[Line]:
        """What the code is, its path, its hash, and what it could do."""
        code = self._code
        what = "A decision-maker" if code.what == "decision-maker" else "A model"
        head: list[Line] = [
            ((row, "text"),) for _, row in wrap(f"{what} of this study is code:", width)
        ]
        lines: list[Line] = [
            ((f"SHA-256 {code.sha256[:32]}", "quiet"),),
            ((f"        {code.sha256[32:]}", "quiet"),),
            (),
            *(((row, "text"),) for _, row in wrap(RUNS_AS_YOU, width)),
        ]
        place = _place(code.place, width, room - len(head) - len(lines))
        return [*head, *(((row, "bright"),) for row in place), *lines]

    def answers(self) -> Sequence[tuple[str, str]]:
        """Run the code, or do not."""
        return (
            ("trust.yes", "run it, now and until it changes"),
            ("trust.no", "do not run it"),
        )

    def action_answer(self, yes: bool) -> None:
        """Return the answer."""
        self.dismiss(yes)


def _place(place: str, width: int, room: int) -> list[str]:
    """The path of the code, in few enough rows that the answers stay in sight."""
    rows = [row for _, row in wrap(one_line(place, LONGEST), width)]
    if len(rows) > max(2, room):
        rows = [*rows[: max(0, room - 2)], "...", rows[-1]]
    return rows
