"""Targets: which attribute a decision-maker is steered to, and to what value."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from align_tui.core.types import content_hash


@dataclass(frozen=True, slots=True)
class Distribution:
    """A target that is no single number: samples (each 0..1) under a Gaussian kernel.

    `bandwidth` is the kernel's, above 0; `name` is a short name for people, such as a person's id.
    """

    samples: tuple[float, ...]
    bandwidth: float
    name: str = ""

    @property
    def mean(self) -> float:
        """The mean of the samples (0..1)."""
        return math.fsum(self.samples) / len(self.samples)

    @property
    def hash(self) -> str:
        """SHA-256 of samples and bandwidth; the name takes no part."""
        return content_hash([list(self.samples), self.bandwidth])


TargetValue: TypeAlias = float | Distribution


@dataclass(frozen=True, slots=True)
class Target:
    """The value of an attribute that a decision-maker is steered to.

    `value` is a number (0..1) or a distribution over 0..1. `weight` (above 0) says how much the
    attribute counts beside others, where an alignment function takes weights.
    """

    attribute: str
    value: TargetValue
    weight: float = 1.0

    @property
    def point(self) -> float:
        """The target as one number (0..1): its value, or its distribution's mean."""
        return self.value.mean if isinstance(self.value, Distribution) else self.value

    @property
    def direction(self) -> str:
        """'high' above one half, 'low' below it, 'middle' at it."""
        if self.point == 0.5:
            return "middle"
        return "high" if self.point > 0.5 else "low"

    @property
    def opposite(self) -> Target:
        """The target that negative samples are drawn under: 1 - value."""
        if isinstance(self.value, Distribution):
            mirrored = tuple(1.0 - sample for sample in self.value.samples)
            turned = Distribution(mirrored, self.value.bandwidth, self.value.name)
            return Target(self.attribute, turned, self.weight)
        return Target(self.attribute, 1.0 - self.value, self.weight)

    @property
    def key(self) -> str:
        """`attribute=0.7`, or `attribute~NAME#hash` of a distribution; then a weight other than 1.

        It is a key and no more: nothing reads the value back from it.
        """
        weight = "" if self.weight == 1.0 else f"*{float(self.weight)}"
        if isinstance(self.value, Distribution):
            return f"{self.attribute}~{self.value.name}#{self.value.hash[:12]}{weight}"
        return f"{self.attribute}={float(self.value)}{weight}"


Targets: TypeAlias = tuple[Target, ...]


def target_id(targets: Iterable[Target]) -> str:
    """The keys of targets joined by `+`: the key under which scores are kept."""
    return "+".join(target.key for target in targets)


def targets_from_id(text: str) -> Targets:
    """Inverse of `target_id` for numbers of weight 1; raises ValueError."""
    found = []
    for part in text.split("+"):
        name, equals, value = part.rpartition("=")
        if not equals or not name.strip():
            raise ValueError(f"{part!r} is not attribute=value")
        found.append(Target(name.strip(), float(value)))
    return tuple(found)
