"""The numbers of the overview at one moment. They do not change, and all feeds make the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from align_tui.core.stats.agreement import Agreement
from align_tui.core.stats.rates import Rate
from align_tui.core.targets import Target

Point = tuple[int, int, float]  # scored so far, right so far, accuracy so far (over questions)
Points = tuple[Point, ...]  # ascending
Chances = Mapping[tuple[int, str], tuple[float | None, float | None]]
"""By profile and target id: chance on all scored decisions, and on the discriminating ones."""


@dataclass(frozen=True, slots=True)
class AttributeRate:
    """A profile's accuracy for one attribute, on the scenarios with labels for it.

    Each attribute of a target counts by itself, so that a reader sees which ones a profile follows.
    `chances` are those of a uniform chooser on the decisions of `all` and of `discriminating`.
    """

    profile: int
    target: Target
    all: Rate
    discriminating: Rate
    chances: tuple[float | None, float | None] = (None, None)


@dataclass(frozen=True, slots=True)
class AccuracyCurve:
    """A profile's accuracy for one target (by id) after each decision."""

    profile: int
    target: str
    all: Points
    discriminating: Points


@dataclass(frozen=True, slots=True)
class Overview:
    """All numbers of the overview; the matrix of agreements has None on its diagonal."""

    attributes: tuple[AttributeRate, ...] = ()
    courses: tuple[AccuracyCurve, ...] = ()
    agreements: tuple[tuple[Agreement | None, ...], ...] = ()
    chances: Chances = field(default_factory=dict)


NOTHING = Overview()
