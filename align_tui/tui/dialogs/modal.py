"""Base of the dialogs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from textual import events, on
from textual.await_complete import AwaitComplete
from textual.content import Content
from textual.screen import ModalScreen, ScreenResultType
from textual.widget import Widget

from align_tui.tui.keymap import keys_of

CORNERS = 4  # cells of a border's line that its text cannot take
LOW = 14  # rows below which a box has no blank rows inside


class Dialog(ModalScreen[ScreenResultType]):
    """A modal screen that closes once: a second enter in the queue must not close the next one."""

    CSS_PATH = str(Path(__file__).with_name("dialog.tcss"))  # absolute, for subclasses elsewhere
    VERTICAL_BREAKPOINTS = [(0, "-low"), (LOW, "-high")]  # noqa: RUF012 - as Textual has it

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close the dialog with the result, unless it is closed already."""
        return super().dismiss(result) if self.app.screen is self else AwaitComplete()

    def hints(self) -> Sequence[str]:
        """The hints in the box's border, such as `{input.take} go`; the last one stays longest."""
        return ()

    def entitle(self, box: Widget, title: str) -> None:
        """Show the title and the hints in the border of the box."""
        box.border_title = Content(title)
        self.hint_at(box)

    def hint_at(self, box: Widget) -> None:
        """Show the hints that the border has room for."""
        width = box.outer_size.width or self.app.size.width
        hints = keys_of(self).hints_in(width - CORNERS, *self.hints())
        box.border_subtitle = Content(hints)

    @on(events.Resize)
    def _fit_hints(self) -> None:
        self.call_after_refresh(self._hint_again)

    def _hint_again(self) -> None:
        if self.hints():
            for box in self.query(".box"):
                self.hint_at(box)
