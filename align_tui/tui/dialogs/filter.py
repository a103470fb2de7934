"""The dialog to filter the list of scenarios: lines to turn on and off, each with its count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from align_tui.core.text.plurals import counted
from align_tui.tui.dialogs.modal import LOW, Dialog
from align_tui.tui.format.filter_text import NAMES, choice_line, choices
from align_tui.tui.format.filters import EVERYTHING, KINDS, Filter, Known, Sieve
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.scenario_list import window
from align_tui.tui.format.styled_text import Line
from align_tui.tui.keymap import keys_of
from align_tui.tui.widgets.lines import Lines

AROUND, AROUND_LOW = 8, 5  # rows around the lines, and those on a low terminal
LOOK_S = 0.5  # seconds between updates, since the counts change while a run is decided


class FilterDialog(Dialog[Filter]):
    """Returns the filter, or None if it stays as it was.

    `known` returns the data that filters use, as it is at that moment.
    """

    SECTION: ClassVar[str] = "filter"  # of a keymap file
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "cancel", priority=True, id="filter.back"),
        Binding(
            "enter", "apply", "list the scenarios that match", priority=True, id="filter.apply"
        ),
        Binding("down,j", "move(1)", "next line", id="filter.next_line"),
        Binding("up,k", "move(-1)", "previous line", id="filter.previous_line"),
        Binding("space", "flip", "turn the line on or off", id="filter.flip"),
        Binding("x,delete,backspace", "clear", "list all scenarios", id="filter.clear"),
        *(
            Binding(key, f"turn('{NAMES[kind]}')", f"toggle: {name}", id=NAMES[kind])
            for (kind, name), key in zip(KINDS.items(), "dawfobve", strict=True)
        ),
        *(
            Binding(str(n), f"turn('{name}')", f"toggle: attribute {n}", id=name)
            for n, name in ((n, f"filter.attribute_{n}") for n in range(1, 10))
        ),
    ]

    def __init__(
        self, wanted: Filter, sieve: Sieve, known: Callable[[], Known], total: int, glyphs: Glyphs
    ) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii else "")
        self.wanted = wanted
        self._sieve, self._known, self._total, self._glyphs = sieve, known, total, glyphs
        self.choices = choices(sieve.attributes)
        self.chosen = self._top = 0
        self._lines, self._summary = Lines(id="found"), Lines(id="said")

    def compose(self) -> ComposeResult:
        """One line for each kind and attribute, and the number of scenarios that match."""
        with Vertical(classes="box small") as box:
            self.entitle(box, "filter scenarios")
            yield self._lines
            yield self._summary

    def hints(self) -> Sequence[str]:
        """The keys that close the dialog."""
        return "{filter.apply} list them", "{filter.back} cancel"

    def on_mount(self) -> None:
        """Update the counts from time to time."""
        self.set_interval(LOOK_S, self._paint)

    def on_resize(self) -> None:
        """Make the dialog as high as its lines, if there is room."""
        lines = len(self.choices) + 1
        around = AROUND_LOW if self.size.height < LOW else AROUND
        self._lines.styles.height = max(1, min(lines, self.size.height - around))
        self.call_after_refresh(self._paint)

    def _make_lines(self, width: int) -> list[Line]:
        """All lines: kinds, a heading, attributes."""
        known = self._known()
        counts = self._sieve.counts(*known)
        keys = [keys_of(self).first(each.id) for each in self.choices]
        wide = max(map(cell_len, keys)) + 1
        lines = [
            choice_line(
                each,
                key + " " * (wide - cell_len(key)),
                self.wanted,
                counts,
                width,
                self._glyphs,
                here=number == self.chosen,
                focus=known[-1],
            )
            for number, (each, key) in enumerate(zip(self.choices, keys, strict=True))
        ]
        if len(lines) > len(KINDS):
            lines.insert(len(KINDS), (("    labelled for any of", "quiet"),))
        return lines

    def _paint(self) -> None:
        height, width = self._lines.size.height, self._lines.size.width
        if height < 1:
            return
        lines = self._make_lines(width)
        at = self.chosen + (self.chosen >= len(KINDS))
        self._top = window(at, len(lines), height, self._top)
        self._lines.paint(lines[self._top : self._top + height])
        left = len(self._sieve.listed(self.wanted, *self._known()))
        total = counted(self._total, "scenario")
        keys = keys_of(self)
        turns = "    " + keys.fill("{filter.flip} or ") + "its key: toggle a line"
        self._summary.paint(
            (
                ((f"    {left} of {total}", "bright" if left else "warn"),),
                ((keys.hints(turns, "{filter.clear} clear"), "quiet"),),
            )
        )

    def action_move(self, by: int) -> None:
        """Go `by` lines down."""
        self.chosen = max(0, min(len(self.choices) - 1, self.chosen + by))
        self._paint()

    def action_flip(self) -> None:
        """Turn the chosen line on or off."""
        self.wanted = self.choices[self.chosen].toggled(self.wanted)
        self._paint()

    def action_turn(self, name: str) -> None:
        """Turn the line of that id on or off."""
        for number, choice in enumerate(self.choices):
            if choice.id == name:
                self.chosen = number
                self.action_flip()

    def action_clear(self) -> None:
        """Turn every line off."""
        self.wanted = EVERYTHING
        self._paint()

    def action_apply(self) -> None:
        """Return the filter."""
        self.dismiss(self.wanted)
