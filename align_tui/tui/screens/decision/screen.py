"""The screen of one decision: what was sent to the model and what it replied, part by part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.content import Content

from align_tui.core.errors import ConfigError
from align_tui.core.text.display import one_line, plain
from align_tui.tui import pager
from align_tui.tui.dialogs.help import MessageDialog
from align_tui.tui.format.decision_detail import Section, heading_style, inside_title
from align_tui.tui.format.glyphs import Glyphs

# Calls a function that writes a file in a thread, and then another with the file's path.
Write = Callable[[Callable[[], Path], Callable[[Path], None]], None]


class DecisionScreen(MessageDialog):
    """Shows the parts of one decision; the user can copy the shown part or open it in the pager."""

    SECTION: ClassVar[str] = "decision"  # of a keymap file
    FITS: ClassVar[bool] = False  # the box stays as it is from part to part
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,right", "section(1)", "next part", priority=True, id="decision.next_part"),
        Binding(
            "shift+tab,left",
            "section(-1)",
            "previous part",
            priority=True,
            id="decision.previous_part",
        ),
        Binding("y", "copy", "copy this part to the clipboard and to a file", id="decision.copy"),
        Binding("o", "pager", "open this part in $PAGER", id="decision.pager"),
    ]

    def __init__(
        self, sections: Sequence[Section], name: str, write: Write, glyphs: Glyphs
    ) -> None:
        super().__init__("inside this decision", plain(sections[0].text), glyphs.ascii)
        self.sections, self.name_of_file, self.glyphs = sections, name, glyphs
        self._write = write
        self.prose.style_of = heading_style
        self.at = 0

    def on_mount(self) -> None:
        """Show the first section, which holds everything."""
        self._show()

    def on_resize(self) -> None:
        """Fit the title to the new width."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        box = self.box
        title = inside_title(self.sections, self.at, max(10, box.size.width - 4), self.glyphs)
        self.entitle(box, title)
        self.prose.show(plain(self.sections[self.at].text), self.at)

    def hints(self) -> Sequence[str]:
        """The keys of the parts."""
        return (
            "{decision.next_part} part",
            "{decision.copy} copy",
            "{decision.pager} pager",
            "{message.back} close",
        )

    def _say(self, text: str) -> None:
        self.box.border_subtitle = Content(one_line(text))

    def action_section(self, by: int) -> None:
        """Show the part that lies `by` places on."""
        self.at = (self.at + by) % len(self.sections)
        self._show()

    def _keep(self, text: str, then: Callable[[Path], None]) -> None:
        name = f"{self.name_of_file}-{self.sections[self.at].title}"

        def back(path: Path) -> None:
            if self in self.app.screen_stack:  # the user may have left it meanwhile
                then(path)

        self._write(lambda: pager.keep(name, text), back)

    def action_copy(self) -> None:
        """Copy to the clipboard by OSC 52, which no terminal confirms, so write a file too."""
        text = self.sections[self.at].text
        self.app.copy_to_clipboard(plain(text))
        self._keep(text, lambda path: self._say(f"copied (OSC 52); also in {path}"))

    def action_pager(self) -> None:
        """Give the terminal to the pager; the text has no escape codes in it."""
        try:
            command = pager.pager_command()
        except ConfigError as error:
            self._say(f"{error.message}. {error.hint}")
            return
        self._keep(plain(self.sections[self.at].text), lambda path: self._open(command, path))

    def _open(self, command: list[str], path: Path) -> None:
        try:
            with self.app.suspend():
                pager.show(command, path)
        except SuspendNotSupported:
            self._say(f"a pager cannot run in this terminal; the text is in {path}")
        except OSError as error:
            self._say(f"{command[0]} did not start: {error.strerror}")
        self.refresh(layout=True)
