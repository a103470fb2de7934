"""A gauge: a prediction on the scale from 0 to 1, with its samples and the target."""

from __future__ import annotations

import math

from align_tui.core.densities import KERNEL_VARIANCE
from align_tui.core.predictions import Prediction
from align_tui.core.targets import Distribution, Target
from align_tui.tui.format.bars import column
from align_tui.tui.format.glyphs import Glyphs
from align_tui.tui.format.styled_text import Line, Span


def deviation(distribution: Distribution) -> float:
    """The standard deviation of a distribution under its kernel.

    A kernel density estimate has the variance of its samples plus the kernel's own.
    """
    mean = distribution.mean
    squares = math.fsum((sample - mean) ** 2 for sample in distribution.samples)
    own = KERNEL_VARIANCE[distribution.kernel] * distribution.bandwidth**2
    return math.sqrt(squares / len(distribution.samples) + own)


def gauge(
    prediction: Prediction | None,
    target: Target | None,
    width: int,
    glyphs: Glyphs,
    *,
    taken: bool = False,
) -> Line:
    """`━━━┿━━┿╴─┼──◆──`: filled up to the mean, a tick for each sample, the target above both.

    A single sample has no tick: it is the mean. A distribution is marked at its mean, with
    parentheses at one standard deviation to both sides.
    """
    if width <= 0:
        return ()
    signs = [glyphs.unrated] * width
    styles = ["faint"] * width
    if prediction is None:
        signs = [" "] * width
    else:
        full = round(max(0.0, min(1.0, prediction.mean)) * width)
        signs[:full] = [glyphs.rated] * full
        styles[:full] = ["bar" if taken else "quiet"] * full
        if len(prediction.samples) > 1:
            last = width - 1  # faster than `column` for thousands of samples
            for at in {round(min(1.0, max(0.0, s)) * last) for s in prediction.samples}:
                signs[at] = glyphs.ticks[at >= full]
                styles[at] = "bright" if at < full and taken else "text" if at < full else "quiet"
    if target is not None:
        _mark(target, signs, styles, glyphs)
    return _joined(signs, styles)


def _mark(target: Target, signs: list[str], styles: list[str], glyphs: Glyphs) -> None:
    """Put the target's signs on the gauge; a target without a number has none."""
    if target.point is None:
        return
    width, middle = len(signs), column(target.point, len(signs))
    if isinstance(target.value, Distribution):
        far = deviation(target.value)
        low, high = column(target.point - far, width), column(target.point + far, width)
        for at, sign in ((low, glyphs.spread[0]), (high, glyphs.spread[1])):
            if at != middle:
                signs[at], styles[at] = sign, "target"
    signs[middle], styles[middle] = glyphs.target, "target"


def _joined(signs: list[str], styles: list[str]) -> Line:
    """One span for each stretch of equal style."""
    out: list[Span] = []
    start = 0
    for at in range(1, len(signs) + 1):
        if at == len(signs) or styles[at] != styles[start]:
            out.append(("".join(signs[start:at]), styles[start]))
            start = at
    return tuple(out)
