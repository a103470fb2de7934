"""What a target changes: a decision-maker steered high beside the same one steered low."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

from align_tui.core.stats.clusters import Asked, ClusterMean, cluster_mean
from align_tui.core.stats.paired_clusters import Pair, PairedDifference, paired_difference

SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Steered:
    """One question that both columns decided `times` times, repeat by repeat.

    `flips` counts the repeats in which they chose differently. `labelled` counts those in which
    both choices have a label of the attribute (0..1); `low` and `high` are the sums of these.
    """

    cluster: Hashable
    low: float
    high: float
    labelled: int
    flips: int
    times: int


@dataclass(frozen=True, slots=True)
class SteeringEffect:
    """`labels`: the mean label of the choices under high minus that under low (-1..1).

    None if no question has labels. `flips`: the share (0..1) of decisions that differ; None if
    no question was decided by both.
    """

    labels: PairedDifference | None
    flips: ClusterMean | None


def steering_effect(
    questions: Iterable[Steered], ends: tuple[float, float] = (0.0, 1.0)
) -> SteeringEffect:
    """The steering effect with interval and test, and the flip rate with its interval.

    The effect is the average treatment effect of the target on the label of the choice, over
    the same questions: `paired_difference` says how interval and test are made. Repeats are
    averaged first in both numbers. A flip need not move the label, so the rates are two.

    `ends` are the least and the greatest label (0..1) that any choice of the questions has. The
    interval is made for labels that are stretched to 0..1: it allows for the variance of values
    at both ends, and would be too wide for labels that all lie close together.
    """
    known = list(questions)
    least, most = ends
    room = most - least if most > least else 1.0
    pairs = [
        Pair(
            each.cluster,
            _stretched(each.low, each.labelled, least, room),
            _stretched(each.high, each.labelled, least, room),
            each.labelled,
        )
        for each in known
        if each.labelled
    ]
    found = paired_difference(pairs)
    return SteeringEffect(
        None if found is None else _by(found, room),
        cluster_mean(Asked(each.cluster, each.flips, each.times) for each in known),
    )


def _stretched(total: float, times: int, least: float, room: float) -> float:
    value = (total - times * least) / room
    whole = round(value)
    # A sum of ends is a whole number, which the plain interval for one decision asks for.
    return float(whole) if abs(value - whole) < SLACK else value


def _by(found: PairedDifference, room: float) -> PairedDifference:
    """The difference of stretched values, back on the scale of the labels."""
    return replace(
        found,
        value=found.value * room,
        low=found.low * room,
        high=found.high * room,
        se=None if found.se is None else found.se * room,
    )
