"""Dialogs that ask for a line of text, or for a longer text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, TextArea

from align_tui.tui.dialogs.keeping import KeepingDialog
from align_tui.tui.keymap import keys_of


class InputDialog(KeepingDialog[str]):
    """Returns the line that the user typed, or None.

    With `keeps` escape asks before it throws a typed line away.
    """

    SECTION: ClassVar[str] = "input"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel", priority=True, id="input.back"),
        Binding("enter", "take", "go", id="input.take"),
    ]

    def __init__(
        self, title: str, value: str, hint: str, ascii_only: bool, *, keeps: bool = True
    ) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._title, self._before, self._keeps = title, value, keeps
        # Made at once: enter may come in one packet with the key that opens the dialog.
        self.field = Input(value, placeholder=hint, select_on_focus=False)

    def compose(self) -> ComposeResult:
        """The field."""
        with Vertical(classes="box question") as box:
            self.entitle(box, self._title)
            yield self.field

    def hints(self) -> Sequence[str]:
        """The keys that close the dialog."""
        return "{input.take} go", "{input.back} cancel"

    def has_changed(self) -> bool:
        """True if the line was edited."""
        return self._keeps and self.field.value != self._before

    @on(Input.Submitted)
    def submitted(self) -> None:
        """Handle enter, which the field takes itself, if the keymap has it for this action."""
        if "enter" in keys_of(self).every("input.take"):
            self.action_take()

    def action_take(self) -> None:
        """Return the line."""
        self.dismiss(self.field.value)


class TextDialog(KeepingDialog[str]):
    """Returns the edited text, or None."""

    SECTION: ClassVar[str] = "text"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel", priority=True, id="text.back"),
        Binding("ctrl+s,f2", "save", "save", priority=True, id="text.save"),
    ]

    def __init__(self, title: str, value: str, ascii_only: bool) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._title, self._before = title, value
        self.area = TextArea(value, soft_wrap=True, compact=True)

    def compose(self) -> ComposeResult:
        """The text, in as much room as there is."""
        with Vertical(classes="box fit") as box:
            self.entitle(box, self._title)
            yield self.area

    def hints(self) -> Sequence[str]:
        """The keys that close the dialog."""
        saves = " or ".join(keys_of(self).every("text.save"))
        return f"{saves} save" if saves else "", "{text.back} cancel"

    def has_changed(self) -> bool:
        """True if the text was edited."""
        return self.area.text != self._before

    def action_save(self) -> None:
        """Return the text."""
        self.dismiss(self.area.text)
