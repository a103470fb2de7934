"""Choosing which scenarios are listed: lines to turn on and off, with what each would leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from align_tui.tui.dialogs.modal import Dialog
from align_tui.tui.format.filter_text import LETTERS, choice_line, choices
from align_tui.tui.format.filters import EVERYTHING, KINDS, Filter, Known, Sieve
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.scenario_list import window
from align_tui.tui.format.styled_text import Line
from align_tui.tui.widgets.lines import Lines

LOOK_S = 0.5  # while a run decides, the numbers change


class FilterDialog(Dialog[Filter]):
    """Dismissed with the filter, or with None when it stays as it was.

    `known` gives what filters look at, as it is at that moment.
    """

    CSS_PATH = "dialog.tcss"
    SECTION: ClassVar[str] = "filter"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "leave it as it was", priority=True),
        Binding("enter", "apply", "list what matches", priority=True),
        Binding("down,j", "move(1)", "next line"),
        Binding("up,k", "move(-1)", "previous line"),
        Binding("space", "flip", "on or off"),
        Binding("x,delete,backspace", "clear", "all scenarios"),
        *(
            Binding(key, f"turn('{key}')", f"{KINDS[kind]}, or not")
            for kind, key in LETTERS.items()
        ),
        *(Binding(str(n), f"turn('{n}')", f"attribute {n}, or not") for n in range(1, 10)),
    ]

    def __init__(
        self, wanted: Filter, sieve: Sieve, known: Callable[[], Known], total: int, glyphs: Glyphs
    ) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else "")
        self.wanted = wanted
        self._sieve, self._known, self._total, self._glyphs = sieve, known, total, glyphs
        self.choices = choices(sieve.attributes)
        self.chosen = self._top = 0
        self._lines, self._said = Lines(id="found"), Lines(id="said")

    def compose(self) -> ComposeResult:
        """A line a kind and attribute, and what is left of all."""
        with Vertical(classes="box small") as box:
            box.border_title = Content("list only")
            box.border_subtitle = Content("enter lists them   escape leaves it")
            yield self._lines
            yield self._said

    def on_mount(self) -> None:
        """Keep the numbers true."""
        self.set_interval(LOOK_S, self._paint)

    def on_resize(self) -> None:
        """As high as its lines, where there is room."""
        lines = len(self.choices) + 1
        self._lines.styles.height = max(1, min(lines, self.size.height - 8))
        self.call_after_refresh(self._paint)

    def _made(self, width: int) -> list[Line]:
        """All lines: kinds, a heading, attributes."""
        counts = self._sieve.counts(*self._known())
        lines = [
            choice_line(each, self.wanted, counts, width, self._glyphs, here=number == self.chosen)
            for number, each in enumerate(self.choices)
        ]
        if len(lines) > len(KINDS):
            lines.insert(len(KINDS), (("    labelled for any of", "quiet"),))
        return lines

    def _paint(self) -> None:
        height, width = self._lines.size.height, self._lines.size.width
        if height < 1:
            return
        lines = self._made(width)
        at = self.chosen + (self.chosen >= len(KINDS))
        self._top = window(at, len(lines), height, self._top)
        self._lines.paint(lines[self._top : self._top + height])
        left = len(self._sieve.listed(self.wanted, *self._known()))
        self._said.paint(
            (
                ((f"    {left} of {self._total} scenarios", "bright" if left else "warn"),),
                (("    space or its key turns a line on   x clears", "quiet"),),
            )
        )

    def action_move(self, by: int) -> None:
        """Another line."""
        self.chosen = max(0, min(len(self.choices) - 1, self.chosen + by))
        self._paint()

    def action_flip(self) -> None:
        """The chosen line on or off."""
        self.wanted = self.choices[self.chosen].toggled(self.wanted)
        self._paint()

    def action_turn(self, key: str) -> None:
        """The line with that key on or off."""
        for number, choice in enumerate(self.choices):
            if choice.key == key:
                self.chosen = number
                self.action_flip()

    def action_clear(self) -> None:
        """Everything off."""
        self.wanted = EVERYTHING
        self._paint()

    def action_apply(self) -> None:
        """List what matches."""
        self.dismiss(self.wanted)
