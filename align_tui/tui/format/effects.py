"""Differences and steering effects as lines: the numbers, their p, and the interval as a bar."""

from __future__ import annotations

from align_tui.core.stats.comparison import Comparison
from align_tui.core.stats.rates import Rate
from align_tui.core.text.plurals import counted
from align_tui.output.effects import effect_name
from align_tui.tui.format.bars import column as column_at
from align_tui.tui.format.bars import interval, point
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, Span, cells


def different_targets(
    found: Comparison, adjusted: float | None, width: int, glyphs: Glyphs
) -> tuple[list[Span], list[Span]]:
    """Two lines for columns with different targets: the effect by its name, and its numbers."""
    effect = found.steering
    if effect is None:
        said = "different targets: their accuracies are not compared"
        return [(f" {said}", "quiet")], []
    first, second = (effect.high + 1, effect.low + 1)
    labels, flips = effect.effect.labels, effect.effect.flips
    head: list[Span] = [
        (f" {effect_name(effect.between)}", "bright"),
        (f" ({first} - {second})", "quiet"),
    ]
    if labels is None:
        return head, [(" no question has labels in both columns", "quiet")]
    over = f"   {counted(labels.questions, 'question')}"
    if labels.clusters < labels.questions:
        over += f" in {counted(labels.clusters, 'cluster')}"
    head.append((over, "quiet"))
    spans: list[Span] = [
        (" effect ", "quiet"),
        (signed(labels.value).strip(), "bright"),
        (f" (95 % {signed(labels.low).strip()} to {signed(labels.high).strip()})", "text"),
        ("   sign-flip ", "quiet"),
        (p_text(labels.test.p), "bright"),
        *holm_spans(adjusted),
    ]
    if flips is not None:
        spans += [("   flips ", "quiet"), (point(flips.mean), "bright")]
    bar = min(41, width - cells(spans) - 4)
    if bar >= 15:
        spans += [("   ", ""), *difference_bar(labels.value, labels.low, labels.high, bar, glyphs)]
    return head, spans


def holm_spans(adjusted: float | None) -> list[Span]:
    """`, Holm .070` behind a p that stands with others; nothing where it is the only one."""
    if adjusted is None:
        return []
    return [(f", Holm {p_text(adjusted).removeprefix('p ').removeprefix('= ')}", "quiet")]


def signed(value: float) -> str:
    """`+.24`, `-.07`, ` .00`."""
    sign = " " if round(value, 2) == 0 else "+" if value > 0 else "-"
    return sign + point(abs(value))


def p_text(p: float) -> str:
    """`p = .035`, or `p < .001` if p is smaller than that."""
    if p < 0.001:
        return "p < .001"
    return "p = 1.0" if p >= 0.9995 else f"p = {p:.3f}".replace("0.", ".", 1)


def difference_bar(value: float, low: float, high: float, width: int, glyphs: Glyphs) -> Line:
    """The interval on a scale from -1 to 1, with the mark for chance at zero."""
    rate = Rate(1, 1, (value + 1) / 2, (low + 1) / 2, (high + 1) / 2)
    line = list(interval(rate, None, width, glyphs))
    zero = column_at(0.5, width)
    if line[zero][0] != glyphs.dot:
        line[zero] = (glyphs.chance, "lane chance")
    return tuple(line)
