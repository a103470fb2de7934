"""A decision compared with others: its repeats, its margin, and the baseline's decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from align_tui.core.answers import letter
from align_tui.core.margins import margin_of
from align_tui.monitor.marks import correct_of
from align_tui.monitor.snapshot import Repeats, Shown
from align_tui.tui.format.bars import point
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, fit


@dataclass(frozen=True, slots=True)
class Beside:
    """What a pane's decision is compared with: its repeats, and the baseline's pane, if any.

    `name` is the baseline's name. `same_model` is False where the baseline asks another model, so
    that a difference of probabilities would not be one of steering.
    """

    repeats: Repeats = ()
    baseline: Shown | None = None
    name: str = ""
    same_model: bool = True


ALONE = Beside()


def fact_words(shown: Shown, target: str | None, beside: Beside) -> list[str]:
    """`right, baseline wrong`, `A +.31 to baseline`, `repeats A 4/5, B 1/5`, `margin .82`.

    Where the margins of the repeats differ: `margin .82 (.40 to .90)`, the least and the largest.
    """
    result = shown.result
    if result is None or shown.status != "done":
        return []
    parts = _against_baseline(shown, target, beside)
    if len(beside.repeats) > 1:
        parts.append(_spread(beside.repeats))
    margin = margin_of(result.probabilities)
    if margin is not None:
        parts.append(f"margin {point(margin)}{_range(beside.repeats)}")
    return [part for part in parts if part]


def _against_baseline(shown: Shown, target: str | None, beside: Beside) -> list[str]:
    """How outcome and probability differ from the baseline's; empty if both are not known."""
    result, other = shown.result, beside.baseline
    if other is None or other.status != "done" or other.result is None:
        return []
    if result is None or result.choice is None:
        return []
    parts = [_outcomes(shown, other, target, beside.name)]
    mine, theirs = result.probabilities, other.result.probabilities
    if beside.same_model and mine and theirs and len(mine) == len(theirs):
        shift = mine[result.choice] - theirs[result.choice]
        sign = "-" if shift < 0 else "+"
        if round(shift, 2):
            parts.append(f"{letter(result.choice)} {sign}{point(abs(shift))} to {beside.name}")
    return parts


def _spread(repeats: Repeats) -> str:
    counts = Counter(c.choice for c in repeats if c is not None and c.choice is not None)
    total = counts.total()
    votes = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    said = ", ".join(f"{letter(choice)} {n}/{total}" for choice, n in votes)
    return f"repeats {said}" if said else ""


def _range(repeats: Repeats) -> str:
    """` (.40 to .90)`: between which values the margins of the repeats lie; "" if all are alike."""
    known = [c.margin for c in repeats if c is not None and c.margin is not None]
    ends = [point(min(known)), point(max(known))] if known else []
    return f" ({' to '.join(ends)})" if len(set(ends)) > 1 else ""


def _outcomes(shown: Shown, other: Shown, target: str | None, name: str) -> str:
    """How the outcome differs from the baseline's under this pane's target."""
    assert shown.result is not None and other.result is not None
    taken = other.result.choice
    mine, theirs = correct_of(shown.scores, target), correct_of(other.scores, target)
    if mine is not None and theirs is not None and mine != theirs:
        ours, its = ("right", "wrong") if mine else ("wrong", "right")
        return f"{ours}, {name} {its}"
    if taken is None:
        return ""
    return f"same as {name}" if taken == shown.result.choice else f"{name} took {letter(taken)}"


def fact_lines(parts: Sequence[str], width: int, most: int, glyphs: Glyphs) -> tuple[Line, ...]:
    """The facts on as few lines as they take, at most `most`; none is broken between lines."""
    rows: list[str] = []
    for part in parts:
        longer = f"{rows[-1]} {glyphs.sep} {part}" if rows else part
        if rows and cell_len(longer) <= width:
            rows[-1] = longer
        else:
            rows.append(part)
    return tuple(((fit(row, width, glyphs.more), "text"),) for row in rows[: max(0, most)])
