"""Alignment accuracy over many decisions: rates, their Wilson intervals, and chance."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.base import Score, ScorerEntry
from align_tui.core.scorers.labels import discriminates
from align_tui.core.targets import Targets


@dataclass(frozen=True, slots=True)
class Rate:
    """`correct` of `scored` decisions, with the Wilson 95 % interval (0..1; None if none)."""

    scored: int
    correct: int
    accuracy: float | None
    low: float | None
    high: float | None


def wilson(correct: int, scored: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson score interval of a proportion (E. B. Wilson 1927), both ends in 0..1."""
    if scored <= 0:
        raise ValueError("an interval needs at least one scored decision")
    p, zz = correct / scored, z * z
    centre = (p + zz / (2 * scored)) / (1 + zz / scored)
    half = z / (1 + zz / scored) * math.sqrt(p * (1 - p) / scored + zz / (4 * scored * scored))
    # Exact at the ends, where rounding would give 1e-17 or leave 0..1.
    low = 0.0 if correct == 0 else max(0.0, centre - half)
    high = 1.0 if correct == scored else min(1.0, centre + half)
    return low, high


def make_rate(correct: int, scored: int) -> Rate:
    """The rate of `correct` in `scored`, with its interval; all None when nothing is scored."""
    if scored == 0:
        return Rate(0, 0, None, None, None)
    return Rate(scored, correct, correct / scored, *wilson(correct, scored))


def rate(scores: Iterable[Score], *, discriminating: bool = False) -> Rate:
    """The accuracy over the scored decisions, or over the discriminating ones alone."""
    kept = [s for s in scores if s.correct is not None and (s.discriminating or not discriminating)]
    return make_rate(sum(s.correct is True for s in kept), len(kept))


def chance(
    scenarios: Iterable[Scenario],
    targets: Targets,
    scorer: ScorerEntry,
    *,
    discriminating: bool = False,
) -> float | None:
    """The expected accuracy of a uniform random chooser, computed exactly.

    None if nothing is scored, or if the scorer has no `right_choices`.
    """
    if scorer.right_choices is None:
        return None
    parts = []
    for scenario in scenarios:
        right = scorer.right_choices(scenario, targets)
        if right is None or (discriminating and not discriminates(scorer, scenario, targets)):
            continue
        parts.append(len(right) / len(scenario.choices))
    return math.fsum(parts) / len(parts) if parts else None
