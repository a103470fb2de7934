"""Editing a scenario or profile as TOML: what is wrong is said at its line, the rest is run."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import TextArea

from align_tui.core.errors import AlignError
from align_tui.core.text import one_line
from align_tui.tui.view.spans import Line
from align_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from align_tui.variants import Changed

_LINE = re.compile(r"\bline (\d+)")


class EditScreen(ModalScreen["Changed"]):
    """Dismissed with the changed study, or with None when it is left as it was.

    `build` makes the changed study of the text and raises AlignError with what is wrong in it;
    `ahead` is the number of lines that `build` puts before the text.
    """

    CSS_PATH = "modal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "leave it as it was", priority=True),
        Binding("ctrl+s,f2", "apply", "run what changed", priority=True),
    ]

    def __init__(
        self,
        title: str,
        text: str,
        build: Callable[[str], Changed],
        *,
        ahead: int,
        ascii_only: bool,
    ) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._title, self._build, self._ahead = title, build, ahead
        # Plain: no grammar of a language is loaded, and the text is shown as it is.
        self.area = TextArea(text, show_line_numbers=True, soft_wrap=True, id="source")
        self._said = Lines(id="said")

    def compose(self) -> ComposeResult:
        """The text, and a line for what is wrong with it."""
        with Vertical(classes="box wide") as box:
            box.border_title = Content(one_line(self._title))
            box.border_subtitle = Content("F2 or ctrl+s runs what changed   escape leaves it")
            yield self.area
            yield self._said

    def on_mount(self) -> None:
        """Ready to type."""
        self.area.focus()

    def action_apply(self) -> None:
        """Take the text, or say what is wrong and go there."""
        try:
            changed = self._build(self.area.text)
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
