"""Dialogs that ask for a line of text, or for a longer text."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, TextArea

from align_tui.tui.dialogs.keeping import KeepingDialog
from align_tui.tui.dialogs.modal import Dialog
from align_tui.tui.keymap import keys_of


class InputDialog(Dialog[str]):
    """Returns the line that the user typed, or None."""

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "input"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", priority=True, id="input.back"),
        Binding("enter", "take", "go", id="input.take"),
    ]

    def __init__(self, title: str, value: str, hint: str, ascii_only: bool) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._title = title
        # Made at once: enter may come in one packet with the key that opens the dialog.
        self.field = Input(value, placeholder=hint, select_on_focus=False)

    def compose(self) -> ComposeResult:
        """The field."""
        with Vertical(classes="box question") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content(
                keys_of(self).hints("{input.take} go", "{input.back} back")
            )
            yield self.field

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

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "text"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", priority=True, id="text.back"),
        Binding("ctrl+s,f2", "save", "save", priority=True, id="text.save"),
    ]

    def __init__(self, title: str, value: str, ascii_only: bool) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._title, self._before = title, value
        self.area = TextArea(value, soft_wrap=True, compact=True)

    def compose(self) -> ComposeResult:
        """The text, in as much room as there is."""
        keys = keys_of(self)
        saves = " or ".join(keys.every("text.save"))
        with Vertical(classes="box fit") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content(
                keys.hints(f"{saves} save" if saves else "", "{text.back} cancel")
            )
            yield self.area

    def has_changed(self) -> bool:
        """True if the text was edited."""
        return self.area.text != self._before

    def action_save(self) -> None:
        """Return the text."""
        self.dismiss(self.area.text)
