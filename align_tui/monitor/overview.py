"""The numbers of the overview at one moment: immutable, and the same from every feed."""

from __future__ import annotations

from dataclasses import dataclass

from align_tui.core.stats.agreement import Agreement
from align_tui.core.stats.rates import Rate
from align_tui.core.targets import Target

Points = tuple[tuple[int, int], ...]  # scored so far, right so far; ascending


@dataclass(frozen=True, slots=True)
class AttributeRate:
    """How often a profile decides as one attribute's value asks, where that attribute is labelled.

    Of a target of several attributes each counts by itself, so that one sees which it keeps to.
    """

    profile: int
    target: Target
    all: Rate
    discriminating: Rate


@dataclass(frozen=True, slots=True)
class AccuracyCurve:
    """How a profile's accuracy against one target (its id) went, decision by decision."""

    profile: int
    target: str
    all: Points
    discriminating: Points


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it; the matrix of agreements has None on its diagonal."""

    attributes: tuple[AttributeRate, ...] = ()
    courses: tuple[AccuracyCurve, ...] = ()
    agreements: tuple[tuple[Agreement | None, ...], ...] = ()


NOTHING = Overview()
