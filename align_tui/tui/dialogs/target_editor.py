"""The dialog to edit a profile's targets as bars that the arrow keys move."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from align_tui.core.errors import AlignError
from align_tui.core.targets import Targets
from align_tui.core.text.display import one_line
from align_tui.tui.dialogs.keeping import KeepingDialog
from align_tui.tui.format.complaint import complaint_lines
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.scenario_list import window
from align_tui.tui.format.styled_text import Line
from align_tui.tui.format.target_editor import editor_lines, make_editor
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from align_tui.studies.edits import Changed


class TargetDialog(KeepingDialog["Changed"]):
    """Returns the changed study, or None if the targets stay as they were."""

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "target_editor"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "cancel", priority=True, id="target_editor.back"),
        Binding(
            "enter,f2,ctrl+s", "apply", "run the change", priority=True, id="target_editor.run"
        ),
        Binding("down,j", "move(1)", "next attribute", id="target_editor.next_attribute"),
        Binding("up,k", "move(-1)", "previous attribute", id="target_editor.previous_attribute"),
        Binding("right,l", "turn(1)", "raise the value", id="target_editor.more"),
        Binding("left,h", "turn(-1)", "lower the value", id="target_editor.less"),
        Binding("1", "put(1.0)", "set the value to 1", id="target_editor.high"),
        Binding("0", "put(0.0)", "set the value to 0", id="target_editor.low"),
        Binding("x,delete,backspace", "clear", "remove the target", id="target_editor.clear"),
    ]

    def __init__(
        self,
        name: str,
        attributes: Sequence[str],
        targets: Targets,
        build: Callable[[Targets], Changed],
        glyphs: Glyphs,
        note: str = "",
    ) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else "")
        self._profile, self._build, self._glyphs = name, build, glyphs
        self.state = make_editor(attributes, targets)
        self._before = self.state.targets
        self._complaint: list[Line] = []
        self._note = note
        self._top = 0
        self._bars, self._message = Lines(id="found"), Lines(id="said")

    def compose(self) -> ComposeResult:
        """One bar for each attribute, and the keys."""
        with Vertical(classes="box fit") as box:
            box.border_title = Content(f"targets of {one_line(self._profile)}")
            box.border_subtitle = Content(
                keys_of(self).hints(
                    "{target_editor.run} run the change", "{target_editor.back} cancel"
                )
            )
            yield self._bars
            yield self._message

    def on_resize(self) -> None:
        """Make the dialog as high as its bars, and paint them in the new width."""
        self._bars.styles.height = max(1, min(len(self.state.names), self.size.height - 8))
        self.call_after_refresh(self._paint)

    def _paint(self) -> None:
        height, width = self._bars.size.height, self._bars.size.width
        if height < 1:
            return
        lines = editor_lines(self.state, width, self._glyphs)
        self._top = window(self.state.chosen, len(lines), height, self._top)
        self._bars.paint(lines[self._top : self._top + height])
        keys = keys_of(self).hints(
            "{target_editor.less}/{target_editor.more} less, more",
            "{target_editor.low} low",
            "{target_editor.high} high",
            "{target_editor.clear} none",
        )
        hints: list[Line] = [((keys, "quiet"),), ((self._note, "warn"),)]
        said = self._complaint or hints
        self._message.styles.height = max(2, len(said))
        self._message.paint(said)

    def has_changed(self) -> bool:
        """True if a target was set, moved or removed."""
        return self.state.targets != self._before

    def action_move(self, by: int) -> None:
        """Choose the attribute `by` lines down."""
        self.state = self.state.moved(by)
        self._paint()

    def action_turn(self, steps: int) -> None:
        """Raise or lower the chosen value by that many steps."""
        self.state, self._complaint = self.state.turned(steps), []
        self._paint()

    def action_put(self, value: float) -> None:
        """Set the chosen value to 0 or 1."""
        self.state, self._complaint = self.state.set_to(value), []
        self._paint()

    def action_clear(self) -> None:
        """Remove the target on the chosen attribute."""
        self.state, self._complaint = self.state.set_to(None), []
        self._paint()

    def action_apply(self) -> None:
        """Return the changed study, or show what is wrong with the targets."""
        try:
            changed = self._build(self.state.targets)
        except AlignError as error:
            self._complaint = complaint_lines(error, self._message.size.width)
            self._paint()
            return
        self.dismiss(changed)
