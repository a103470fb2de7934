"""Base of the dialogs with something to edit: leaving one asks before it throws the edit away."""

from __future__ import annotations

from abc import abstractmethod

from textual.screen import ScreenResultType

from align_tui.tui.dialogs.confirm import ConfirmDialog
from align_tui.tui.dialogs.modal import Dialog

UNSAVED = "Your changes are not saved. Discard them?"


class KeepingDialog(Dialog[ScreenResultType]):
    """A dialog whose `leave` action asks first, if the user has changed something.

    The application asks as well before it closes such a dialog (`Shell.action_leave`).
    """

    @abstractmethod
    def has_changed(self) -> bool:
        """True if leaving the dialog would throw an edit away."""

    def action_leave(self) -> None:
        """Close the dialog without a result; ask first if that throws an edit away."""
        if not self.has_changed():
            self.dismiss(None)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self.dismiss(None)

        ascii_only = self.has_class("-ascii")
        self.app.push_screen(ConfirmDialog("discard the edit", UNSAVED, ascii_only), answered)
