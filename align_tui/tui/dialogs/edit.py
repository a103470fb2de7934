"""The dialog to edit a text and run the change; it shows an error at the line that has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from textual import events
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.geometry import Size
from textual.widgets import TextArea

from align_tui.core.errors import AlignError
from align_tui.core.text.display import one_line
from align_tui.tui import editor
from align_tui.tui.dialogs.help import MessageDialog
from align_tui.tui.dialogs.keeping import KeepingDialog
from align_tui.tui.dialogs.prompt_preview import PromptPreview, Render, place
from align_tui.tui.format.complaint import complaint_lines
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from align_tui.studies.edits import Changed

Way: TypeAlias = "tuple[str, Callable[[str], Changed]]"
RUNS = ("edit.run", "edit.run_other")
_LINE = re.compile(r"\bline (\d+)")


class EditDialog(KeepingDialog["Changed"]):
    """Returns the changed study, or None if the user leaves it as it was.

    `ways` are up to two ways to use the text, with the keys of `RUNS`: (description, function that
    makes the changed study or raises AlignError). `ahead` is the number of lines before the text
    that the line numbers of errors count too. `prompt` makes the prompt from the text, and
    `whose` says whose it is; without it none is shown. `suffix` is that of the file in $EDITOR.
    """

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "edit"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel", priority=True, id="edit.back"),
        Binding("f2,ctrl+s", "apply(0)", "run the change", priority=True, id="edit.run"),
        Binding(
            "f3", "apply(1)", "run the change the other way", priority=True, id="edit.run_other"
        ),
        Binding("f4", "outside", "edit it in $EDITOR", priority=True, id="edit.editor"),
        Binding("f5", "prompt", "show the whole prompt", priority=True, id="edit.prompt"),
    ]

    def __init__(
        self,
        title: str,
        text: str,
        ways: Sequence[Way],
        *,
        ahead: int = 0,
        prompt: Render | None = None,
        whose: str = "",
        suffix: str = ".toml",
        ascii_only: bool,
    ) -> None:
        super().__init__(classes="-ascii" if ascii_only else "")
        self._title, self._ways, self._ahead = title, tuple(ways), ahead
        self._before, self._suffix = text, suffix
        self._preview = PromptPreview(prompt, f"first prompt {whose}") if prompt else None
        # Without a language, so that Textual loads no grammar and shows the text as it is.
        self.area = TextArea(text, show_line_numbers=True, soft_wrap=True, id="source")
        self._message = Lines(id="said")
        self._error: AlignError | None = None

    def compose(self) -> ComposeResult:
        """The text, and lines for an error."""
        self._place(self.app.size)  # before the first layout, which would wrap the text narrowly
        with Vertical(classes="box wide" if self._preview else "box wide fit") as box:
            box.border_title = Content(one_line(self._title))
            ways = zip(RUNS, self._ways, strict=False)
            does = [f"{{{action}}} {what}" for action, (what, _) in ways]
            # With two ways there is no room for more on 80 columns.
            more = ["{edit.editor} $EDITOR"] * (len(self._ways) == 1)
            more += ["{edit.prompt} prompt"] * bool(self._preview)
            box.border_subtitle = Content(keys_of(self).hints(*does, *more, "{edit.back} cancel"))
            with Container(id="both"):
                yield self.area
                if self._preview is not None:
                    yield self._preview
            yield self._message

    def on_mount(self) -> None:
        """Focus the text, and show the prompt for it."""
        self.area.focus()
        self._follow(at_once=True)

    def on_resize(self, event: events.Resize) -> None:
        """Show the prompt beside the text or below it, where there is room; wrap the error."""
        self._bound_text()
        self.call_after_refresh(self._paint_error)
        self._place(event.size)

    def _place(self, size: Size) -> None:
        where = place(size) if self._preview is not None else "hidden"
        for each in ("beside", "below", "hidden"):
            self.set_class(each == where, f"-{each}")

    def on_text_area_changed(self) -> None:
        """Let the prompt follow the text."""
        self._follow()

    def _follow(self, *, at_once: bool = False) -> None:
        if self._preview is not None:
            self._preview.follow(self.area.text, at_once=at_once)

    @property
    def prompt(self) -> str:
        """The prompt that is shown; empty without one, and until it is rendered."""
        return self._preview.text if self._preview is not None else ""

    def action_prompt(self) -> None:
        """Show the prompt alone, with room for all of it."""
        if self._preview is not None:
            text = self.prompt or "The prompt is being rendered."
            self.app.push_screen(MessageDialog("first prompt", text, self.has_class("-ascii")))

    def action_outside(self) -> None:
        """Give the terminal to the user's editor, and take over what it saved."""
        try:
            command = editor.editor_command()
            with self.app.suspend():
                text = editor.edited(command, self.area.text, self._suffix)
        except SuspendNotSupported:
            self._message.paint([(("! ", "failed"), ("no editor runs in this terminal", "bright"))])
        except AlignError as error:
            self._complain(error)
        except OSError as error:
            why = f"the editor did not start: {error.strerror}"
            self._message.paint([(("! ", "failed"), (one_line(why, 300), "bright"))])
        else:
            self._take(text)
        self.refresh(layout=True)

    def _take(self, text: str) -> None:
        """Put a text in the place of the one that is edited; undo brings it back."""
        self._message.paint([])
        if text != self.area.text:
            self.area.replace(text, self.area.document.start, self.area.document.end)
            self.area.move_cursor((0, 0))

    def has_changed(self) -> bool:
        """True if the text was edited."""
        return self.area.text != self._before

    def action_apply(self, way: int) -> None:
        """Return the changed study, or show the error and go to its line."""
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
        self._error = AlignError(message, error.hint)
        self._paint_error()

    def _bound_text(self, said: int = 2) -> None:
        """Leave room for the border and for the lines of an error, where the box fits the text."""
        if self._preview is not None:
            return
        self.area.styles.max_height = max(3, self.size.height * 9 // 10 - 2 - said)

    def _paint_error(self) -> None:
        if self._error is not None:
            lines = complaint_lines(self._error, self._message.size.width)
            self._message.styles.height = said = max(2, len(lines))
            self._bound_text(said)
            self._message.paint(lines)
