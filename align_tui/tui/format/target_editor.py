"""The target editor: the values that keys change, and the lines that show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from align_tui.core.targets import Distribution, RandomEffects, Target, Targets, TargetValue
from align_tui.tui.format.bars import point, share_bar
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, fit
from align_tui.tui.format.targets import sign, words

STEP = 0.1


@dataclass(frozen=True, slots=True)
class TargetEditor:
    """A value or None for each attribute, and the chosen line, which the keys change.

    The keys set numbers (0 to 1). A distribution and random-effects parameters stay as they are
    until the user removes them. Weights (by attribute, if not 1) stay as they are.
    """

    names: tuple[str, ...]
    values: tuple[TargetValue | None, ...]
    chosen: int = 0
    weights: Mapping[str, float] = field(default_factory=dict)

    def moved(self, by: int) -> TargetEditor:
        """The editor with the line `by` places down chosen."""
        return replace(self, chosen=max(0, min(len(self.names) - 1, self.chosen + by)))

    def turned(self, steps: int) -> TargetEditor:
        """The editor with the chosen value raised or lowered; from None it starts at 1 or 0."""
        value = self.values[self.chosen]
        if value is None:
            return self.set_to(1.0 if steps > 0 else 0.0)
        if isinstance(value, Distribution | RandomEffects):
            return self
        return self.set_to(round(max(0.0, min(1.0, value + steps * STEP)), 2))

    def set_to(self, value: float | None) -> TargetEditor:
        """The editor with the chosen value set or removed; a number replaces only a number."""
        now = self.values[self.chosen]
        if value is not None and isinstance(now, Distribution | RandomEffects):
            return self
        values = (*self.values[: self.chosen], value, *self.values[self.chosen + 1 :])
        return replace(self, values=values)

    @property
    def targets(self) -> Targets:
        """The targets that are set, in their order."""
        pairs = zip(self.names, self.values, strict=True)
        return tuple(
            Target(name, value, self.weights.get(name, 1.0))
            for name, value in pairs
            if value is not None
        )


def make_editor(names: Sequence[str], targets: Targets) -> TargetEditor:
    """An editor with the attributes that have a target first, then the others."""
    now = {target.attribute: target.value for target in targets}
    ordered = (*now, *(name for name in names if name not in now))
    weights = {target.attribute: target.weight for target in targets if target.weight != 1.0}
    return TargetEditor(ordered, tuple(now.get(name) for name in ordered), weights=weights)


def editor_lines(state: TargetEditor, width: int, glyphs: Glyphs) -> list[Line]:
    """`▸ moral desert         ████████░░  .80 ▆`, one line for each attribute."""
    name_width = min(28, max(len(words(name)) for name in state.names) + 1)
    bar_width = max(4, min(30, width - name_width - 12))
    lines: list[Line] = []
    for number, (name, value) in enumerate(zip(state.names, state.values, strict=True)):
        here = number == state.chosen
        cursor = glyphs.cursor if here else " "
        head = fit(words(name), name_width, glyphs.more).ljust(name_width)
        share = None if value is None else Target(name, value).point
        full, empty = share_bar(share or 0.0, bar_width, glyphs)
        text = f"{'none' if share is None else point(share):>4} {sign(share, glyphs)}"
        if value is None:
            text = "none"
        elif isinstance(value, Distribution):
            text += "  mean"
        elif isinstance(value, RandomEffects):
            text += "  random effects" if share is not None else " random effects"
        lines.append(
            (
                (f"{cursor} ", "key"),
                (head, "bright" if here else "text"),
                (full, "bar"),
                (empty, "faint"),
                (f"  {text}", "quiet" if value is None else "bright"),
            )
        )
    return lines
