"""Targets: attributes with the values that a decision-maker is steered to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from align_tui.core.types import Json, content_hash

Kernel: TypeAlias = Literal["gaussian", "tophat", "epanechnikov", "exponential", "linear", "cosine"]
"""The kernels of scikit-learn's KernelDensity; core/densities.py has their formulas."""
KERNELS: tuple[Kernel, ...] = get_args(Kernel)

TargetKind: TypeAlias = Literal["numbers", "distributions", "random_effects"]
"""What an alignment function can take as a target's value."""
KIND_WORDS: Mapping[TargetKind, str] = {
    "numbers": "numbers",
    "distributions": "distributions",
    "random_effects": "random-effects parameters",
}


@dataclass(frozen=True, slots=True)
class Distribution:
    """A target that is a distribution: samples (each 0..1) under a kernel.

    `bandwidth` (above 0) is the kernel's; `name` is a short name, such as a person's id.
    """

    samples: tuple[float, ...]
    bandwidth: float
    name: str = ""
    kernel: Kernel = "gaussian"

    @property
    def mean(self) -> float:
        """The mean of the samples (0..1)."""
        return math.fsum(self.samples) / len(self.samples)

    @property
    def hash(self) -> str:
        """SHA-256 of samples, bandwidth and any kernel but the Gaussian, without the name."""
        kernel = [] if self.kernel == "gaussian" else [self.kernel]
        return content_hash([list(self.samples), self.bandwidth, *kernel])

    @property
    def mirrored(self) -> Distribution:
        """The distribution of 1 - x."""
        return replace(self, samples=tuple(1.0 - sample for sample in self.samples))


@dataclass(frozen=True, slots=True)
class RandomEffects:
    """A target that is a person's random-effects model of a choice (align-system's `parameters`).

    The log odds of a choice are intercept + medical_weight * (difference of medical need) +
    attr_weight * (attribute), each on a z-scale (core/alignment/random_effects.py). `value` (0..1)
    is the attribute as one number, or None if the target has no such number.
    """

    intercept: float
    medical_weight: float
    attr_weight: float
    value: float | None = None

    @property
    def hash(self) -> str:
        """SHA-256 of the parameters and the value."""
        return content_hash([self.intercept, self.medical_weight, self.attr_weight, self.value])

    @property
    def parameters(self) -> dict[str, float]:
        """The three parameters by their names in align-system."""
        return {
            "intercept": self.intercept,
            "medical_weight": self.medical_weight,
            "attr_weight": self.attr_weight,
        }

    @property
    def in_words(self) -> str:
        """`intercept 0.5, medical weight 2, attribute weight -1`, for people."""
        return (
            f"intercept {self.intercept:g}, medical weight {self.medical_weight:g}, "
            f"attribute weight {self.attr_weight:g}"
        )


TargetValue: TypeAlias = float | Distribution | RandomEffects


@dataclass(frozen=True, slots=True)
class Target:
    """The value of an attribute that a decision-maker is steered to.

    `value` is a number (0..1), a distribution over 0..1, or random-effects parameters. `weight`
    (above 0) says how much the attribute counts beside others, if the alignment function takes
    weights.
    """

    attribute: str
    value: TargetValue
    weight: float = 1.0

    @property
    def number(self) -> float | None:
        """The target as a number that labels can be compared with; None if it has none.

        A distribution has none: its mean is not its target.
        """
        if isinstance(self.value, Distribution):
            return None
        return self.value.value if isinstance(self.value, RandomEffects) else self.value

    @property
    def point(self) -> float | None:
        """The target as one number (0..1) to show: its number, or its distribution's mean.

        None for random-effects parameters without a value.
        """
        return self.value.mean if isinstance(self.value, Distribution) else self.number

    @property
    def kinds(self) -> frozenset[TargetKind]:
        """The kinds of targets as which an alignment function can read it (one or two)."""
        if isinstance(self.value, Distribution):
            return frozenset({"distributions"})
        if isinstance(self.value, RandomEffects):
            both = frozenset[TargetKind]({"random_effects", "numbers"})
            return both if self.number is not None else frozenset({"random_effects"})
        return frozenset({"numbers"})

    @property
    def direction(self) -> str:
        """'high' above one half, 'low' below it, 'middle' at it; 'none' without a number."""
        if self.point is None:
            return "none"
        if self.point == 0.5:
            return "middle"
        return "high" if self.point > 0.5 else "low"

    @property
    def opposite(self) -> Target:
        """The target that negative samples are drawn under: 1 - value."""
        value = self.value
        if isinstance(value, Distribution):
            return replace(self, value=value.mirrored)
        if isinstance(value, RandomEffects):
            number = None if value.value is None else 1.0 - value.value
            return replace(self, value=replace(value, value=number))
        return replace(self, value=1.0 - value)

    @property
    def key(self) -> str:
        """`attribute=0.7`, `attribute~NAME#hash` (a distribution) or `attribute~effects#hash`.

        A weight other than 1 follows. It is a key alone: no code reads the value back from it.
        """
        weight = "" if self.weight == 1.0 else f"*{float(self.weight)}"
        if isinstance(self.value, Distribution):
            return f"{self.attribute}~{self.value.name}#{self.value.hash[:12]}{weight}"
        if isinstance(self.value, RandomEffects):
            return f"{self.attribute}~effects#{self.value.hash[:12]}{weight}"
        return f"{self.attribute}={float(self.value)}{weight}"


Targets: TypeAlias = tuple[Target, ...]


def target_id(targets: Iterable[Target]) -> str:
    """The keys of the targets joined by `+`; scores are stored under it."""
    return "+".join(target.key for target in targets)


def targets_to_json(targets: Iterable[Target]) -> list[dict[str, Json]]:
    """The targets as JSON; `targets_from_json` reads equal ones back. Omits a weight of 1."""
    return [_to_json(target) for target in targets]


def _to_json(target: Target) -> dict[str, Json]:
    body: dict[str, Json] = {"attribute": target.attribute, **value_to_json(target.value)}
    if target.weight != 1.0:
        body["weight"] = target.weight
    return body


def value_to_json(value: TargetValue) -> dict[str, Json]:
    """The keys of a value in JSON and in TOML: `value`, or `samples` ..., or `parameters` ..."""
    if isinstance(value, Distribution):
        body: dict[str, Json] = {"samples": list(value.samples), "bandwidth": value.bandwidth}
        if value.kernel != "gaussian":
            body["kernel"] = value.kernel
        return body | ({"name": value.name} if value.name else {})
    if isinstance(value, RandomEffects):
        body = {"parameters": dict(value.parameters)}
        return body if value.value is None else {"value": value.value, **body}
    return {"value": value}


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
        name, kernel = str(body.get("name", "")), body.get("kernel", "gaussian")
        known = next((each for each in KERNELS if each == kernel), None)
        if known is None:
            raise ValueError(f"{kernel!r} is not a kernel")
        value = Distribution(tuple(map(_number, samples)), _number(body["bandwidth"]), name, known)
    elif "parameters" in body:
        given = body["parameters"]
        if not isinstance(given, Mapping):
            raise TypeError("a target's parameters are not a JSON object")
        number = body.get("value")
        value = RandomEffects(
            _number(given["intercept"]),
            _number(given["medical_weight"]),
            _number(given["attr_weight"]),
            None if number is None else _number(number),
        )
    else:
        value = _number(body["value"])
    return Target(str(body["attribute"]), value, _number(body.get("weight", 1.0)))


def _number(value: Json) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise TypeError(f"{value!r} is not a number")
