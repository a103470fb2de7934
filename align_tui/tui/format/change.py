"""What came of a what-if: the decision against the parent run's decision in the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.core.answers import letter
from align_tui.core.text.display import one_line
from align_tui.tui.format.bars import point
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, fit

if TYPE_CHECKING:
    from align_tui.monitor.rows import Result

LEAST = 0.005  # below this a probability is shown as unchanged


def change_line(now: Result, before: Result, width: int, glyphs: Glyphs) -> Line:
    """`decision changed B -> A · A .20 -> .90 (+.70)`, or `unchanged · A .80 -> .85 (+.05)`.

    With less room it leaves out the first word, then the probabilities before and after. The
    probabilities are those of the choice that was taken now.
    """
    changed = (now.choice, _text(now)) != (before.choice, _text(before))
    words = "unchanged"
    if changed and now.choice is not None and before.choice is not None:
        words = f"changed {letter(before.choice)} -> {letter(now.choice)}"
    elif changed:
        words = "answer changed"
    long = f"decision {words}" if words.startswith("changed") else words
    full, short = _shift(now, before)
    sep = f" {glyphs.sep} "
    for text in (f"{long}{sep * bool(full)}{full}", f"{words}{sep * bool(full)}{full}",
                 f"{words}{sep * bool(short)}{short}"):  # fmt: skip
        if len(text) <= width:
            break
    return ((fit(text, width, glyphs.more), "warn" if changed else "quiet"),)


def _text(result: Result) -> str:
    """An open answer's text; of a choice its index says enough."""
    return one_line(result.choice_text, 10_000) if result.choice is None else ""


def _shift(now: Result, before: Result) -> tuple[str, str]:
    """(`A .20 -> .90 (+.70)`, `A +.70`); both empty without probabilities on both sides."""
    choice, ours, theirs = now.choice, now.probabilities, before.probabilities
    if choice is None or not ours or not theirs or choice >= min(len(ours), len(theirs)):
        return "", ""
    a, b, name = theirs[choice], ours[choice], letter(choice)
    by = b - a
    if abs(by) < LEAST:
        return f"{name} {point(b)} as before", f"{name} as before"
    signed = f"{'+' if by > 0 else '-'}{point(abs(by))}"
    return f"{name} {point(a)} -> {point(b)} ({signed})", f"{name} {signed}"
