"""The dialog to edit a profile's targets as bars that the arrow keys move."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.css.scalar import Scalar

from align_tui.core.errors import AlignError
from align_tui.core.targets import Targets
from align_tui.core.text.display import one_line
from align_tui.tui.dialogs.keeping import KeepingDialog
from align_tui.tui.dialogs.starting import CostLine, Starter
from align_tui.tui.format.complaint import complaint_lines
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.scenario_list import window
from align_tui.tui.format.styled_text import Line
from align_tui.tui.format.target_editor import TargetEditor, editor_lines, make_editor
from align_tui.tui.format.wrapping import wrap
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.lines import Lines
from align_tui.tui.widgets.wrapped import Wrapped

if TYPE_CHECKING:
    from align_tui.studies.edits import Changed

AROUND = 3  # rows of the border and of the blank line above the bars


class TargetDialog(KeepingDialog["Changed"]):
    """Returns the changed study, or None if the targets stay as they were."""

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
        starter: Starter,
        glyphs: Glyphs,
        note: str = "",
    ) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else "")
        self._profile, self._build, self._glyphs = name, build, glyphs
        self.state = make_editor(attributes, targets)
        self._before = self.state.targets
        self._note, self._cost, self._starter = note, "", starter
        self._said: AlignError | str = ""  # why the change does not run, until a target changes
        self._costs = CostLine(self, starter, self._show_cost)
        self._asking = False
        self._top = 0
        self._bars, self._message = Lines(id="found"), Wrapped(self._make_message, id="said")

    def compose(self) -> ComposeResult:
        """One bar for each attribute, and the keys."""
        with Vertical(classes="box fit") as box:
            self.entitle(box, f"targets of {one_line(self._profile)}")
            yield self._bars
            yield self._message

    def hints(self) -> Sequence[str]:
        """The keys that close the dialog."""
        return "{target_editor.run} run the change", "{target_editor.back} cancel"

    def on_mount(self) -> None:
        """Show what the change costs."""
        self._follow(at_once=True)

    def _follow(self, *, at_once: bool = False) -> None:
        targets = self.state.targets
        self._costs.follow(lambda: self._build(targets), at_once=at_once)

    def on_resize(self) -> None:
        """Paint the bars in the new width."""
        self.call_after_refresh(self._paint)

    def _paint(self) -> None:
        width = self._bars.size.width
        if not width:
            return
        lines = editor_lines(self.state, width, self._glyphs)
        room = self.size.height * 9 // 10 - AROUND - max(1, len(self._message.lines))
        height = max(1, min(len(lines), room))
        if self._bars.styles.height != (fit := Scalar.from_number(height)):
            self._bars.styles.height = fit
        self._top = window(self.state.chosen, len(lines), height, self._top)
        self._bars.paint(lines[self._top : self._top + height])

    def _make_message(self, width: int) -> list[Line]:
        """The keys, a note and the cost, or why the change does not run."""
        if isinstance(self._said, AlignError):
            return complaint_lines(self._said, width)
        keys = keys_of(self).hints_in(
            width,
            "{target_editor.less}/{target_editor.more} change",
            "{target_editor.low} low",
            "{target_editor.high} high",
            "{target_editor.clear} no target",
        )
        parts = ((keys, "quiet"), (self._note, "warn"), (self._said, "warn"), (self._cost, "quiet"))
        return [((row, style),) for text, style in parts if text for _, row in wrap(text, width)]

    def _show_cost(self, words: str) -> None:
        self._cost = words
        self._renew()

    def _say(self, reason: AlignError | str) -> None:
        self._said = reason
        self._renew()

    def _renew(self) -> None:
        self._message.renew()
        self.call_after_refresh(self._paint)

    def _change(self, state: TargetEditor) -> None:
        self.state = state
        self._paint()
        if self._said:
            self._say("")
        self._follow()

    def has_changed(self) -> bool:
        """True if a target was set, moved or removed."""
        return self.state.targets != self._before

    def action_move(self, by: int) -> None:
        """Choose the attribute `by` lines down."""
        self.state = self.state.moved(by)
        self._paint()

    def action_turn(self, steps: int) -> None:
        """Raise or lower the chosen value by that many steps."""
        self._change(self.state.turned(steps))

    def action_put(self, value: float) -> None:
        """Set the chosen value to 0 or 1."""
        self._change(self.state.set_to(value))

    def action_clear(self) -> None:
        """Remove the target on the chosen attribute."""
        self._change(self.state.set_to(None))

    def action_apply(self) -> None:
        """Return the changed study, or show what is wrong with the targets."""
        try:
            changed = self._build(self.state.targets)
        except AlignError as error:
            self._say(error)
            return
        if not self._asking:  # else this is a second press, while the models are looked for
            self._asking = True
            self._starter.ask(changed, lambda: self.dismiss(changed), self._refused)

    def _refused(self, reason: AlignError | str) -> None:
        self._asking = False
        if self.is_attached:
            self._say(reason)
