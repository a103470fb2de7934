"""The dialog to edit a text and run the change; it shows an error at the line that has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from textual import events
from textual.app import ComposeResult, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.geometry import Size
from textual.widgets import TextArea

from align_tui.core.errors import AlignError, ConfigError
from align_tui.core.text.display import one_line
from align_tui.tui import editor
from align_tui.tui.dialogs.help import MessageDialog
from align_tui.tui.dialogs.keeping import KeepingDialog
from align_tui.tui.dialogs.modal import LOW
from align_tui.tui.dialogs.prompt_preview import PromptPreview, Render, place
from align_tui.tui.dialogs.starting import CostLine, Starter
from align_tui.tui.format.complaint import complaint_lines
from align_tui.tui.format.styled_text import Line
from align_tui.tui.format.wrapping import wrap
from align_tui.tui.widgets.wrapped import Wrapped

if TYPE_CHECKING:
    from align_tui.studies.edits import Changed

Way: TypeAlias = "tuple[str, Callable[[str], Changed]]"
RUNS = ("edit.run", "edit.run_other")
LEAST, BORDER = 6, 2  # rows of the text at least, and of the box around it
_LINE = re.compile(r"\bline (\d+)")


class EditDialog(KeepingDialog["Changed"]):
    """Returns the changed study, or None if the user leaves it as it was.

    `ways` are up to two ways to use the text, with the keys of `RUNS`: (description, function that
    makes the changed study or raises AlignError). `starter` tells the cost of the change and asks
    before it; the dialog stays open until the user has agreed. `ahead` is the number of lines
    before the text that the line numbers of errors count too. `prompt` makes the prompt from the
    text, and `whose` says whose it is; without it none is shown. `suffix` is that of the file in
    $EDITOR.
    """

    SECTION: ClassVar[str] = "edit"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel", priority=True, id="edit.back"),
        Binding("f2,ctrl+s", "apply(0)", "run the change", priority=True, id="edit.run"),
        Binding(
            "f3", "apply(1)", "run the change in the second way", priority=True, id="edit.run_other"
        ),
        Binding("f4", "outside", "edit the text in $EDITOR", priority=True, id="edit.editor"),
        Binding("f5", "prompt", "show the whole prompt", priority=True, id="edit.prompt"),
    ]

    def __init__(
        self,
        title: str,
        text: str,
        ways: Sequence[Way],
        starter: Starter,
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
        self._preview = (
            PromptPreview(prompt, f"first prompt {whose}", self._fit) if prompt else None
        )
        # Without a language, so that Textual loads no grammar and shows the text as it is.
        self.area = TextArea(text, show_line_numbers=True, soft_wrap=True, id="source")
        self._message = Wrapped(self._make_message, id="said")
        self._said: AlignError | str = ""  # why the change does not run, until the text changes
        self._refused_text = ""
        self._cost, self._starter = "", starter
        self._costs = CostLine(self, starter, self._show_cost)
        self._asking = False
        self._high = 0  # rows of text that the box has had: it grows with its text

    def compose(self) -> ComposeResult:
        """The text, and below it the cost of the change, or an error."""
        self._place(self.app.size)  # before the first layout, which would wrap the text narrowly
        with Vertical(classes="box wide fit") as box:
            self.entitle(box, one_line(self._title))
            with Container(id="both") as both:
                both.styles.height = max(LEAST, min(self._room(), self.area.document.line_count))
                yield self.area
                if self._preview is not None:
                    yield self._preview
            yield self._message

    def hints(self) -> Sequence[str]:
        """The keys of the ways, the prompt and the editor, and the one that cancels."""
        ways = zip(RUNS, self._ways, strict=False)
        prompt = ["{edit.prompt} prompt"] if self._preview is not None else []
        return (
            *(f"{{{action}}} {what}" for action, (what, _) in ways),
            *prompt,
            "{edit.editor} $EDITOR",
            "{edit.back} cancel",
        )

    def on_mount(self) -> None:
        """Focus the text, and show the prompt and the cost for it."""
        self.area.focus()
        self._follow(at_once=True)

    def on_resize(self, event: events.Resize) -> None:
        """Show the prompt beside the text or below it, where there is room; fit the box."""
        self._place(event.size)
        self._high = 0
        self.call_after_refresh(self._fit)

    def _place(self, size: Size) -> None:
        where = place(size) if self._preview is not None else "hidden"
        for each in ("beside", "below", "hidden"):
            self.set_class(each == where, f"-{each}")

    def on_text_area_changed(self) -> None:
        """Let prompt and cost follow the text."""
        self._follow()
        if self.area.text != self._refused_text:  # this may come after the key that was refused
            self._say("")
        self._fit()

    def _follow(self, *, at_once: bool = False) -> None:
        text = self.area.text
        if self._preview is not None:
            self._preview.follow(text, at_once=at_once)
        self._costs.follow(lambda: self._ways[0][1](text), at_once=at_once)

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
            self._say(ConfigError("This terminal cannot run an editor"))
        except AlignError as error:
            self._complain(error)
        except OSError as error:
            self._say(ConfigError(one_line(f"The editor did not start: {error.strerror}", 300)))
        else:
            self._say("")
            if text != self.area.text:  # undo brings the text before back
                self.area.replace(text, self.area.document.start, self.area.document.end)
                self.area.move_cursor((0, 0))
        self.refresh(layout=True)

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
        if self._asking:
            return  # a second press, while the models are looked for
        self._asking = True
        self._starter.ask(changed, lambda: self.dismiss(changed), self._refused)

    def _refused(self, reason: AlignError | str) -> None:
        self._asking = False
        if self.is_attached:
            self._say(reason)

    def _complain(self, error: AlignError) -> None:
        message = error.message
        found = _LINE.search(message)
        if found:
            line = max(1, int(found[1]) - self._ahead)
            message = message.replace(found[0], f"line {line}", 1)
            last = self.area.document.line_count - 1
            self.area.move_cursor((min(line - 1, last), 0), center=True)
        self._say(AlignError(message, error.hint))

    def _say(self, reason: AlignError | str) -> None:
        """Show why the change does not run; with "" show its cost again."""
        self._refused_text = self.area.text if reason else ""
        if reason != self._said:
            self._said = reason
            self._message.renew()
            self.call_after_refresh(self._fit)

    def _show_cost(self, words: str) -> None:
        self._cost = words
        self._message.renew()

    def _make_message(self, width: int) -> list[Line]:
        if isinstance(self._said, AlignError):
            return complaint_lines(self._said, width)
        text, style = (self._said, "warn") if self._said else (self._cost, "quiet")
        return [((row, style),) for _, row in wrap(text, width)]

    def _fit(self) -> None:
        """Make the box as high as the text or its prompt, if there is room for them."""
        if not self.is_attached or not self.area.size.width:
            return
        below = self.has_class("-below")
        prompt = self._preview.rows if self._preview and not self.has_class("-hidden") else 0
        text = max(LEAST, self.area.wrapped_document.height)
        rows = text + prompt + 1 if below else max(text, prompt)
        self._high, room = max(self._high, rows), self._room()
        self.area.styles.height = text if below and self._high <= room else "1fr"
        self.query_one("#both").styles.height = max(1, min(self._high, room))

    def _room(self) -> int:
        """The rows for the text and its prompt on this terminal."""
        height = self.app.size.height
        most = height if height < LOW else height * 9 // 10
        return max(1, most - BORDER - max(1, len(self._message.lines)))
