"""Base of our applications: leaving, and closing dialogs, never throws an edit away unasked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import App

from align_tui.tui.acts import CanBeLeft, Copies, HoldsEdit
from align_tui.tui.exit_message import ExitMessage

if TYPE_CHECKING:
    from textual.screen import Screen

    from align_tui.tui.format.glyphs import Glyphs

EDITED_S = 0.3  # between two looks whether a dialog still has an edit


class LeavableApp(App[ExitMessage]):
    """An application whose open dialogs may have edits. The subclass sets `glyphs`."""

    glyphs: Glyphs

    def _edited(self) -> Screen[Any] | None:
        """The uppermost dialog in which something is edited and not saved."""
        kept = (each for each in self.screen_stack if isinstance(each, HoldsEdit))
        return next((each for each in reversed([*kept]) if each.has_changed()), None)

    def after_edits(self, then: Callable[[], None]) -> None:
        """Call `then` once no open dialog has an edit.

        It waits and asks nothing, because a question that the user did not expect would take keys
        that are meant for the text.
        """
        if self._edited() is None:
            then()
        else:
            self.set_timer(EDITED_S, partial(self.after_edits, then))

    def action_leave(self) -> None:
        """Leave the program from any screen, as q does on the study screen.

        Ask first if that throws an edit away.
        """
        edited = self._edited()
        if edited is None:
            self._leave()
            return
        from align_tui.tui.dialogs.confirm import ConfirmDialog
        from align_tui.tui.dialogs.keeping import UNSAVED

        while self.screen is not edited:
            self.pop_screen()

        def answered(yes: bool | None) -> None:
            if yes:
                self._leave()

        self.push_screen(ConfirmDialog("leave the program", UNSAVED, self.glyphs.ascii), answered)

    def _leave(self) -> None:
        while len(self.screen_stack) > 2:
            self.pop_screen()
        screen = self.screen
        screen.leave() if isinstance(screen, CanBeLeft) else self.exit()

    def action_copy_or_leave(self) -> None:
        """Copy the selected text and end the selection; without one, leave."""
        focused: object = self.focused
        screen = self.screen
        if isinstance(focused, Copies) and focused.selected_text:
            focused.action_copy()
            focused.selection = type(focused.selection).cursor(focused.selection.end)
        elif text := screen.get_selected_text():
            self.copy_to_clipboard(text)
            screen.clear_selection()
        else:
            self.action_leave()
