"""What a change would cost, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from align_tui.core.text.plurals import counted, plural

if TYPE_CHECKING:
    from align_tui.services.estimate import Cost

NOTHING = "no decision is needed"
BILLED = "a server that takes a key decides: it may charge for this"


def cost_words(cost: Cost) -> str:
    """Lines: `at most 36 decisions`, `about 41,000 tokens and 3 min at the run's pace`."""
    return "\n".join(_parts(cost))


def cost_sentence(cost: Cost) -> str:
    """The same on one line: `at most 36 decisions, about 41,000 tokens and 3 min at ...`."""
    many, *rest = _parts(cost)
    return "; ".join([", ".join([many, *rest[:1]]), *rest[1:]])


def _parts(cost: Cost) -> list[str]:
    if not cost.decisions:
        return [NOTHING]
    parts = [f"at most {counted(cost.decisions, 'decision')}"]
    if cost.seconds == cost.tokens == 0:
        parts.append("no model is asked")
    elif cost.seconds is None or cost.tokens is None:
        parts.append("tokens and time unknown: this run has no decision by this model")
    else:
        number = _rounded(cost.tokens)
        tokens = (
            f"about {number:,} {plural(number, 'token')} and " if cost.tokens >= 1 else "about "
        )
        parts.append(f"{tokens}{_time(cost.seconds)} at the run's pace")
    return [*parts, BILLED] if cost.billed else parts


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
