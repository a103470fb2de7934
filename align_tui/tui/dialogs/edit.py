"""Editing a text on the screen: what is wrong is said at its line, what is right is run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import TextArea

from align_tui.core.errors import AlignError
from align_tui.core.text.display import one_line
from align_tui.tui.dialogs.modal import Dialog
from align_tui.tui.format.styled_text import Line
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from align_tui.studies.edits import Changed

Way: TypeAlias = "tuple[str, Callable[[str], Changed]]"
RUNS = ("edit.run", "edit.run_other")
_LINE = re.compile(r"\bline (\d+)")


class EditDialog(Dialog["Changed"]):
    """Dismissed with the changed study, or with None when it is left as it was.

    `ways` are what may be done with the text, by `RUNS`: (what it does, how the changed study
    is made, which raises AlignError with what is wrong). `ahead` is the number of lines that stand
    before the text where lines are counted.
    """

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "edit"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "leave it as it was", priority=True, id="edit.back"),
        Binding("f2,ctrl+s", "apply(0)", "run what changed", priority=True, id="edit.run"),
        Binding("f3", "apply(1)", "the other way to run it", priority=True, id="edit.run_other"),
    ]

    def __init__(
        self,
        title: str,
        text: str,
        ways: Sequence[Way],
        *,
        ahead: int = 0,
        ascii_only: bool,
    ) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._title, self._ways, self._ahead = title, tuple(ways), ahead
        # Plain: no grammar of a language is loaded, and the text is shown as it is.
        self.area = TextArea(text, show_line_numbers=True, soft_wrap=True, id="source")
        self._said = Lines(id="said")

    def compose(self) -> ComposeResult:
        """The text, and a line for what is wrong with it."""
        with Vertical(classes="box wide") as box:
            box.border_title = Content(one_line(self._title))
            ways = zip(RUNS, self._ways, strict=False)
            does = [f"{{{action}}} {what}" for action, (what, _) in ways]
            box.border_subtitle = Content(keys_of(self).hints(*does, "{edit.back} leaves it"))
            yield self.area
            yield self._said

    def on_mount(self) -> None:
        """Ready to type."""
        self.area.focus()

    def action_apply(self, way: int) -> None:
        """Take the text, or say what is wrong and go there."""
        if way >= len(self._ways):
            return
        try:
            changed = self._ways[way][1](self.area.text)
        except AlignError as error:
            self._complain(error)
            return
        self.dismiss(changed)

    def _complain(self, error: AlignError) -> None:
        message = error.message
        found = _LINE.search(message)
        if found:
            line = max(1, int(found[1]) - self._ahead)
            message = message.replace(found[0], f"line {line}", 1)
            last = self.area.document.line_count - 1
            self.area.move_cursor((min(line - 1, last), 0), center=True)
        lines: list[Line] = [(("! ", "failed"), (one_line(message, 300), "bright"))]
        if error.hint:
            lines.append((("  " + one_line(error.hint, 300), "quiet"),))
        self._said.paint(lines)
