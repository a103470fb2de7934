"""Targets: attributes with the values that a decision-maker is steered to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from align_tui.core.types import Json, content_hash


@dataclass(frozen=True, slots=True)
class Distribution:
    """A target that is a distribution: samples (each 0..1) under a Gaussian kernel.

    `bandwidth` (above 0) is the kernel's; `name` is a short name, such as a person's id.
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
        """SHA-256 of samples and bandwidth, without the name."""
        return content_hash([list(self.samples), self.bandwidth])


TargetValue: TypeAlias = float | Distribution


@dataclass(frozen=True, slots=True)
class Target:
    """The value of an attribute that a decision-maker is steered to.

    `value` is a number (0..1) or a distribution over 0..1. `weight` (above 0) says how much the
    attribute counts beside others, if the alignment function takes weights.
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
        """`attribute=0.7` or `attribute~NAME#hash` (a distribution), then any weight but 1.

        It is a key alone: no code reads the value back from it.
        """
        weight = "" if self.weight == 1.0 else f"*{float(self.weight)}"
        if isinstance(self.value, Distribution):
            return f"{self.attribute}~{self.value.name}#{self.value.hash[:12]}{weight}"
        return f"{self.attribute}={float(self.value)}{weight}"


Targets: TypeAlias = tuple[Target, ...]


def target_id(targets: Iterable[Target]) -> str:
    """The keys of the targets joined by `+`; scores are stored under it."""
    return "+".join(target.key for target in targets)


def targets_to_json(targets: Iterable[Target]) -> list[dict[str, Json]]:
    """The targets as JSON; `targets_from_json` reads equal ones back. Omits a weight of 1."""
    return [_to_json(target) for target in targets]


def _to_json(target: Target) -> dict[str, Json]:
    value = target.value
    body: dict[str, Json] = {"attribute": target.attribute}
    if isinstance(value, Distribution):
        body["samples"] = list(value.samples)
        body["bandwidth"] = value.bandwidth
        if value.name:
            body["name"] = value.name
    else:
        body["value"] = value
    if target.weight != 1.0:
        body["weight"] = target.weight
    return body


def targets_from_json(body: Json) -> Targets:
    """Inverse of `targets_to_json`; raises KeyError, TypeError or ValueError on anything else."""
    if not isinstance(body, Sequence) or isinstance(body, str):
        raise TypeError("targets are not a list")
    return tuple(_from_json(each) for each in body)


def _from_json(body: Json) -> Target:
    if not isinstance(body, Mapping):
        raise TypeError("a target is not a JSON object")
    value: TargetValue
    if "samples" in body:
        samples = body["samples"]
        if not isinstance(samples, Sequence) or isinstance(samples, str):
            raise TypeError("a target's samples are not a list")
        name = str(body.get("name", ""))
        value = Distribution(tuple(map(_number, samples)), _number(body["bandwidth"]), name)
    else:
        value = _number(body["value"])
    return Target(str(body["attribute"]), value, _number(body.get("weight", 1.0)))


def _number(value: Json) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise TypeError(f"{value!r} is not a number")
