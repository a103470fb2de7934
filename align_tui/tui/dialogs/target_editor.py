"""Steering a profile: its targets as bars that the arrow keys move."""

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
from align_tui.tui.dialogs.modal import Dialog
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.scenario_list import window
from align_tui.tui.format.styled_text import Line
from align_tui.tui.format.target_editor import steering, steering_lines
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from align_tui.studies.edits import Changed


class TargetDialog(Dialog["Changed"]):
    """Dismissed with the changed study, or with None when the targets stay."""

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "target_editor"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "leave it as it was", priority=True, id="target_editor.back"),
        Binding(
            "enter,f2,ctrl+s", "apply", "run what changed", priority=True, id="target_editor.run"
        ),
        Binding("down,j", "move(1)", "next attribute", id="target_editor.next_attribute"),
        Binding("up,k", "move(-1)", "previous attribute", id="target_editor.previous_attribute"),
        Binding("right,l", "turn(1)", "more of it", id="target_editor.more"),
        Binding("left,h", "turn(-1)", "less of it", id="target_editor.less"),
        Binding("1", "put(1.0)", "high", id="target_editor.high"),
        Binding("0", "put(0.0)", "low", id="target_editor.low"),
        Binding("x,delete,backspace", "clear", "no target", id="target_editor.clear"),
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
        self.state = steering(attributes, targets)
        self._complaint: list[Line] = []
        self._note = note
        self._top = 0
        self._bars, self._said = Lines(id="found"), Lines(id="said")

    def compose(self) -> ComposeResult:
        """A bar an attribute, and what the keys do."""
        with Vertical(classes="box") as box:
            box.border_title = Content(f"targets of {one_line(self._profile)}")
            box.border_subtitle = Content(
                keys_of(self).hints(
                    "{target_editor.run} runs what changed", "{target_editor.back} leaves it"
                )
            )
            yield self._bars
            yield self._said

    def on_resize(self) -> None:
        """The bars have another width."""
        self.call_after_refresh(self._paint)

    def _paint(self) -> None:
        height, width = self._bars.size.height, self._bars.size.width
        if height < 1:
            return
        lines = steering_lines(self.state, width, self._glyphs)
        self._top = window(self.state.chosen, len(lines), height, self._top)
        self._bars.paint(lines[self._top : self._top + height])
        keys = keys_of(self).hints(
            "{target_editor.less}/{target_editor.more} less, more",
            "{target_editor.low} low",
            "{target_editor.high} high",
            "{target_editor.clear} none",
        )
        said: list[Line] = [((keys, "quiet"),), ((self._note, "warn"),)]
        self._said.paint(self._complaint or said)

    def action_move(self, by: int) -> None:
        """Another attribute."""
        self.state = self.state.moved(by)
        self._paint()

    def action_turn(self, steps: int) -> None:
        """More or less of the chosen one."""
        self.state, self._complaint = self.state.turned(steps), []
        self._paint()

    def action_put(self, value: float) -> None:
        """One end."""
        self.state, self._complaint = self.state.set_to(value), []
        self._paint()

    def action_clear(self) -> None:
        """No target on the chosen one."""
        self.state, self._complaint = self.state.set_to(None), []
        self._paint()

    def action_apply(self) -> None:
        """Take the targets, or say what is wrong with them."""
        try:
            changed = self._build(self.state.targets)
        except AlignError as error:
            self._complaint = [(("! ", "failed"), (one_line(error.message, 300), "bright"))]
            if error.hint:
                self._complaint.append((("  " + one_line(error.hint, 300), "quiet"),))
            self._paint()
            return
        self.dismiss(changed)
