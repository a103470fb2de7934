"""Bars for progress and probabilities, and intervals on a scale from 0 to 1."""

from __future__ import annotations

from align_tui.core.stats.rates import Rate
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line

POINT = 4  # cells of `1.00`, with which `.62` is aligned on the point


def bar(share: float, width: int, glyphs: Glyphs) -> tuple[str, str]:
    """(full part, empty part) of a progress bar, which is full or empty only at exactly 1 or 0."""
    width = max(0, width)
    full = round(max(0.0, min(1.0, share)) * width)
    if share > 0.0 and full == 0 and width:
        full = 1
    if share < 1.0 and full == width and width:
        full = width - 1
    return glyphs.full * full, glyphs.empty * (width - full)


def share_bar(share: float, width: int, glyphs: Glyphs) -> tuple[str, str]:
    """(full part, empty part) of a bar, rounded to whole cells."""
    full = round(max(0.0, min(1.0, share)) * max(0, width))
    return glyphs.full * full, glyphs.empty * (max(0, width) - full)


def point(value: float, places: int = 2) -> str:
    """`.62` or `1.00`; numbers that stand below each other are right-aligned in `POINT` cells."""
    if value >= 1.0 - 0.5 * 10**-places:
        return f"1.{'0' * places}"
    return f"{value:.{places}f}"[1:]


def independent(rate: Rate | None) -> str:
    """`18q` (questions) or `10c` (clusters of questions): on how many its interval rests.

    Empty if every decision counts as independent.
    """
    if rate is None or rate.clusters == rate.scored:
        return ""
    if rate.clusters < rate.questions:
        return f"{rate.clusters}c"
    return f"{rate.questions}q"


def column(value: float, width: int) -> int:
    """The cell of a value from 0 to 1 on a scale of `width` cells."""
    return min(width - 1, max(0, round(value * (width - 1))))


def interval(rate: Rate | None, chance: float | None, width: int, glyphs: Glyphs) -> Line:
    """`  ├──●─┤   ` on the whole scale, with a dotted mark at chance."""
    signs = [" "] * width
    styles = ["lane"] * width
    if chance is not None and width:
        at = column(chance, width)
        signs[at], styles[at] = glyphs.chance, "lane chance"
    if rate is not None and rate.accuracy is not None and rate.low is not None:
        low, high = column(rate.low, width), column(rate.high or 0.0, width)
        for i in range(low, high + 1):
            if styles[i] != "lane chance":
                signs[i] = glyphs.line
                styles[i] = "lane text"
        for i, end in ((low, glyphs.ends[0]), (high, glyphs.ends[1])):
            signs[i], styles[i] = end, "lane text"
        middle = column(rate.accuracy, width)
        signs[middle], styles[middle] = glyphs.dot, "lane bright"
    return tuple(zip(signs, styles, strict=True))


def thumb(top: int, height: int, total: int) -> range:
    """The lines of a scroll thumb, for a window of `height` lines at row `top` of `total`.

    Empty if all rows fit in the window.
    """
    if total <= height or height <= 0:
        return range(0)
    size = max(1, height * height // total)
    at = round((height - size) * min(1.0, top / (total - height)))
    return range(at, at + size)


def clock(seconds: float) -> str:
    """`02:10`, or `1:02:10` from an hour on."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, sec = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{sec:02d}" if hours else f"{minutes:02d}:{sec:02d}"


def seconds(value: float) -> str:
    """`0.3 s`, `12 s`, `3:20`."""
    if value < 10:
        return f"{value:.1f} s"
    return f"{value:.0f} s" if value < 120 else clock(value)
