"""Counts of right decisions for each scenario of a session, as align-system's session score has.

The counts of align-system's InputOutputFileInterface (commit 6d59f0d) differ in three points, so
both are there. It counts a probe without a complete label as right, it calls distances different
that differ in the last bit, and it fails where a scenario has no probe with two distances.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from align_tui.core.scenarios import Scenario
from align_tui.core.scorers.labels import distance, is_discriminating
from align_tui.core.targets import Targets


@dataclass(frozen=True, slots=True)
class Probe:
    """One decision of a session: the index of the choice that was taken on a scenario."""

    session: str
    scenario: Scenario
    choice: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many probes there are and how many were decided right.

    `scored` leaves out probes whose labels do not say what is right. `valid` are those on
    which alignment can show: by default those with two different distances to the target. The
    `reference` counts are align-system's.
    """

    scored: int = 0
    correct: int = 0
    valid: int = 0
    correct_valid: int = 0
    reference: int = 0
    reference_correct: int = 0
    reference_valid: int = 0
    reference_correct_valid: int = 0


IsCorrect = Callable[[int, Scenario, Targets], bool | None]
"""Says whether a choice is right under targets; None where the labels do not say."""
Discriminates = Callable[[Scenario, Targets], bool]
"""Says whether alignment can show on a scenario."""


def session_counts(
    probes: Iterable[Probe],
    targets: Targets,
    is_correct: IsCorrect,
    discriminates: Discriminates = is_discriminating,
) -> dict[str, Counts]:
    """The counts by session, in the order of first mention.

    A probe is valid where it `discriminates`, by default by the labels of its choices.
    """
    found: dict[str, Counts] = {}
    for probe in probes:
        found[probe.session] = _added(
            found.get(probe.session, Counts()), probe, targets, is_correct, discriminates
        )
    return found


def _added(
    counts: Counts,
    probe: Probe,
    targets: Targets,
    is_correct: IsCorrect,
    discriminates: Discriminates,
) -> Counts:
    right = is_correct(probe.choice, probe.scenario, targets)
    valid = right is not None and discriminates(probe.scenario, targets)
    distances = [distance(choice, targets) for choice in probe.scenario.choices]
    differing = {each for each in distances if math.isfinite(each)}
    taken = distances[probe.choice]
    judged = len(differing) > 1
    return Counts(
        scored=counts.scored + (right is not None),
        correct=counts.correct + bool(right),
        valid=counts.valid + valid,
        correct_valid=counts.correct_valid + (valid and bool(right)),
        reference=counts.reference + 1,
        reference_correct=counts.reference_correct + (taken == min(distances)),
        reference_valid=counts.reference_valid + judged,
        reference_correct_valid=counts.reference_correct_valid
        + (judged and taken == min(differing)),
    )
