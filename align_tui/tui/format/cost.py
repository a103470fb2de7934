"""What a change would cost, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.core.text.plurals import counted, plural

if TYPE_CHECKING:
    from align_tui.services.estimate import Cost


def cost_words(cost: Cost) -> str:
    """Two lines: `at most 36 decisions`, `about 41,000 tokens and 3 min at the run's pace`."""
    many = f"at most {counted(cost.decisions, 'decision')}"
    if cost.seconds is None or cost.tokens is None:
        return f"{many}\nthe time is unknown: this run has none by this model"
    number = _rounded(cost.tokens)
    tokens = f"about {number:,} {plural(number, 'token')} and " if cost.tokens >= 1 else "about "
    return f"{many}\n{tokens}{_time(cost.seconds)} at the run's pace"


def _rounded(number: float) -> int:
    """Two significant digits: it is an estimate."""
    return int(float(f"{number:.2g}"))


def _time(seconds: float) -> str:
    """`20 s`, `3 min`, `2.5 h`."""
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.2g} h"
