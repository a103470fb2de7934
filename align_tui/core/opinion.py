"""Distributions over a scenario's choices: how a decision expresses one, and how two are compared.

Every distance here is 0 for equal distributions and at most 1, and is the same in both directions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from align_tui.core.decisions import Decision
from align_tui.core.text.plurals import counted

Shares = Sequence[float]
"""Not negative, one for each choice; their sum is above 0 and need not be exactly 1."""


def expressed(decision: Decision, n_choices: int) -> tuple[float, ...] | None:
    """The distribution over the choices that a decision expresses; None for an open answer.

    The first of these that the decision has: its probabilities (of a model's choices, or stated by
    it), the shares of its samples' votes, or all on its answer.
    """
    if decision.choice is None or n_choices < 1:
        return None
    if decision.probabilities is not None and math.fsum(decision.probabilities) > 0:
        return normalised(decision.probabilities)
    asked = [each for each in decision.responses if each.choice is not None]
    if len(asked) > 1 and all(each.role == "positive" for each in asked):
        chosen = [each.choice for each in asked]  # votes are shifted by 1e-6; counts are exact
        return normalised([float(chosen.count(i)) for i in range(n_choices)])
    if decision.votes is not None and math.fsum(decision.votes) > 0:
        return normalised([max(0.0, share) for share in decision.votes])
    return tuple(float(i == decision.choice) for i in range(n_choices))


def normalised(shares: Shares) -> tuple[float, ...]:
    """The shares divided by their sum; raises ValueError if they are not a distribution."""
    if not shares or not all(math.isfinite(each) and each >= 0 for each in shares):
        raise ValueError("the shares of a distribution are finite and not negative")
    largest = max(shares)
    if largest <= 0:
        raise ValueError("the shares of a distribution have a sum above 0")
    scaled = [each / largest for each in shares]  # so that neither huge nor tiny ones overflow
    total = math.fsum(scaled)
    return tuple(each / total for each in scaled)


def jensen_shannon(one: Shares, other: Shares) -> float:
    """The Jensen-Shannon distance in base 2: the root of the divergence, 0 to 1.

    Durmus et al., "Towards Measuring the Representation of Subjective Global Opinions in Language
    Models" (2023), compare opinions by 1 minus this distance. With natural logarithms, as scipy's
    `jensenshannon` takes them by default, a distance is this one times sqrt(ln 2) = 0.8326.
    """
    p, q = _pair(one, other)
    total = 0.0
    for a, b in zip(p, q, strict=True):
        middle = (a + b) / 2
        total += sum(0.5 * each * math.log2(each / middle) for each in (a, b) if each > 0)
    return min(1.0, math.sqrt(max(0.0, total)))


def total_variation(one: Shares, other: Shares) -> float:
    """Half the sum of absolute differences: the share of people who would have to change."""
    p, q = _pair(one, other)
    return min(1.0, math.fsum(abs(a - b) for a, b in zip(p, q, strict=True)) / 2)


def wasserstein(one: Shares, other: Shares) -> float:
    """The 1-Wasserstein distance of ordinal choices, 0 to 1.

    The choices stand at equal distances from 0 to 1, as in OpinionQA (Santurkar et al., "Whose
    Opinions Do Language Models Reflect?", 2023), which divides by the number of choices minus 1.
    """
    p, q = _pair(one, other)
    if len(p) < 2:
        return 0.0
    moved, total = 0.0, []
    for a, b in zip(p[:-1], q[:-1], strict=True):
        moved += a - b
        total.append(abs(moved))
    return min(1.0, math.fsum(total) / (len(p) - 1))


def _pair(one: Shares, other: Shares) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if len(one) != len(other):
        raise ValueError(f"distributions over {len(one)} and {counted(len(other), 'choice')}")
    return normalised(one), normalised(other)
