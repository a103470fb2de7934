"""Is a column right more often than a decision-maker that chooses uniformly at random?"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from align_tui.core.stats.clusters import Asked

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

SLACK = 1e-9  # a sum of means may miss a whole number in its last bits


@dataclass(frozen=True, slots=True)
class AgainstChance:
    """`p` (0..1): how often a uniform chooser is right at least as often; `chance` is its mean.

    `exact`: every cluster is one question that was asked once, so p is the tail of a
    Poisson-binomial distribution. Otherwise the questions of a cluster count as right together.
    """

    p: float
    chance: float
    exact: bool
    questions: int
    clusters: int


def against_chance(asked: Sequence[Asked], chances: Sequence[float]) -> AgainstChance | None:
    """The one-sided test of the number right; `chances` (each 0..1) are those of the questions.

    The number right of a uniform chooser has a Poisson-binomial distribution (Y. Hong,
    Computational Statistics & Data Analysis 59, 2013). Repeats are averaged first, as if the
    chooser always repeated its answer. Questions of one cluster are taken to be right together
    as often as their chances allow (the comonotone case): of all forms of dependence, it makes
    the number right vary most. Between two whole numbers right, p is interpolated. None without
    a question.
    """
    known = [(each, p) for each, p in zip(asked, chances, strict=True) if each.times]
    if not known:
        return None
    shares = right_by_chance((each.cluster, p) for each, p in known)
    seen = math.fsum(each.mean for each, _ in known)
    whole = math.floor(seen + SLACK)
    part = max(0.0, seen - whole)
    p = (1 - part) * float(shares[whole:].sum()) + part * float(shares[whole + 1 :].sum())
    clusters = len({each.cluster for each, _ in known})
    return AgainstChance(
        min(1.0, p),
        math.fsum(p for _, p in known) / len(known),
        clusters == len(known) == sum(each.times for each, _ in known),
        len(known),
        clusters,
    )


def right_by_chance(questions: Iterable[tuple[Hashable, float]]) -> NDArray[float64]:
    """The chance of each number of right answers, from 0 to the number of questions.

    `questions` are (cluster, chance 0..1). In a cluster with the chances p1 >= p2 >= ..., k or
    more are right with the chance pk.
    """
    import numpy as np  # not at the start of the program

    parts: dict[Hashable, list[float]] = {}
    for cluster, p in questions:
        parts.setdefault(cluster, []).append(p)
    shares = np.ones(1)
    for each in parts.values():
        beyond = np.array([1.0, *sorted(each, reverse=True), 0.0])
        shares = np.convolve(shares, beyond[:-1] - beyond[1:])
    return shares


def two_sided(right: int, shares: NDArray[float64]) -> float:
    """The two-sided p of that many right answers: twice the smaller tail, at most 1.

    `shares` has the chance of each number of right answers (`right_by_chance`).
    """
    smaller = min(float(shares[right:].sum()), float(shares[: right + 1].sum()))
    return min(1.0, 2 * smaller)
