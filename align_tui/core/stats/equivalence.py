"""What the interval of a difference says: one is better, both are tied, or it does not tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from align_tui.core.text.plurals import counted

LEVEL = 0.05
Finding = Literal["better", "worse", "tied", "open"]


def finding(low: float, high: float, margin: float | None, *, different: bool = False) -> Finding:
    """Judge a difference (B - A) by the ends of its 95 % interval.

    "tied": the interval lies inside -margin..margin, so that a difference that matters is ruled
    out (equivalence; D. J. Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 1987,
    whose two tests at 5 % would take the 90 % interval: this is the stricter). "better" or
    "worse": not tied, and `different` says that the test rejects chance. Else "open".
    """
    if margin is not None and -margin <= low and high <= margin:
        return "tied"
    if different:
        return "better" if low + high > 0 else "worse"
    return "open"


def sentence(
    low: float,
    high: float,
    *,
    margin: float | None,
    different: bool,
    detectable: float | None,
    clusters: int,
) -> str:
    """The finding in one sentence, with what could have been detected where it is open."""
    found = finding(low, high, margin, different=different)
    if found == "tied":
        return f"Tied: the interval lies inside the margin of {_share(margin or 0.0)}."
    if found != "open":
        return f"The second is {found}."
    return f"Not decided. {could_detect(detectable, clusters)}"


def shared_margin(margins: Iterable[float | None]) -> float | None:
    """The smallest margin that any of the compared columns' studies names; None if none does."""
    return min((each for each in margins if each is not None), default=None)


def could_detect(smallest: float | None, clusters: int) -> str:
    """Which difference the study could have detected, as a sentence."""
    if smallest is None:
        return f"No difference could have been detected with {counted(clusters, 'cluster')}."
    return f"A difference of {_share(smallest)} could have been detected (80 % power, 5 % level)."


def _share(value: float) -> str:
    return f"{value:.2f}".removeprefix("0")
