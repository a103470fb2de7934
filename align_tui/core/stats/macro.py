"""The mean of several accuracies, each counted once however many decisions it has."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from align_tui.core.stats.rates import Rate


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of `of` accuracies, with a 95 % interval (all in 0..1)."""

    of: int
    accuracy: float
    low: float
    high: float


def mean_of(rates: Sequence[Rate]) -> Mean | None:
    """The unweighted mean of the rates that have decisions; None if none has.

    The interval combines the rates' own Wilson intervals by MOVER, the method of variance
    estimates recovery (Donner and Zou, Statistical Methods in Medical Research 21, 2012): with
    k rates p_i in l_i..u_i, it goes from mean - sqrt(sum (p_i - l_i)^2) / k to
    mean + sqrt(sum (u_i - p_i)^2) / k. It takes the rates as independent of each other.
    """
    known = [
        (rate.accuracy, rate.low, rate.high)
        for rate in rates
        if rate.accuracy is not None and rate.low is not None and rate.high is not None
    ]
    if not known:
        return None
    count = len(known)
    mean = math.fsum(p for p, _, _ in known) / count
    below = math.sqrt(math.fsum((p - low) ** 2 for p, low, _ in known)) / count
    above = math.sqrt(math.fsum((high - p) ** 2 for p, _, high in known)) / count
    return Mean(count, mean, max(0.0, mean - below), min(1.0, mean + above))
